/*
 * postrider-sender - makes the HTTP attempts that the routers ask for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/service.h"
#include "sender.h"

static const struct conf_item conf[] = {
    CONF_STR(struct sender, conf.admin_bind, "sender_admin_bind",
	     "127.0.0.1:9184", 255,
	     "address of /healthz and /metrics; empty: none"),
    CONF_INT(struct sender, conf.max_in_flight, "sender_max_in_flight", 1024, 1,
	     65535,
	     "attempts in progress at once; it is shared out as allowance "
	     "to the routers"),
    CONF_INT(struct sender, conf.body_bytes_max, "sender_body_bytes_max",
	     67108864, 4194304, 68719476736,
	     "bytes of bodies that may wait to be sent; tasks beyond go "
	     "back to their router"),
    CONF_INT(struct sender, conf.token_wait_ms, "sender_token_wait_ms", 5000,
	     100, 60000,
	     "how long a task may wait for an access token; then it goes back "
	     "to its router"),
    CONF_STR(struct sender, conf.ca_file, "sender_ca_file", NULL, 4095,
	     "PEM file of root certificates to trust besides the system's"),
    CONF_END_ROW,
};

int main(int argc, char **argv)
{
	struct sender sender = {0};
	const struct service service = {
	    .name = "sender",
	    .what = "makes the HTTP requests that webhooks need",
	    .conf = conf,
	    .state = &sender,
	    .start = sender_start,
	    .drain = sender_drain,
	    .stop = sender_stop,
	};

	return service_main(&service, argc, argv);
}
