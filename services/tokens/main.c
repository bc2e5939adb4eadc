/*
 * postrider-tokens - gets the access tokens that OAuth 2.0 webhooks need.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/service.h"
#include "tokens.h"

#define ROW(kind, member, ...) \
	CONF_##kind(struct tokens, conf.member, "tokens_" #member, __VA_ARGS__)

static const struct conf_item conf[] = {
    ROW(BIND, bind, "tcp://127.0.0.1:5574", 500,
	"ZeroMQ endpoints for senders and consoles, comma-separated"),
    ROW(STR, admin_bind, "127.0.0.1:9183", 255,
	"address of /healthz and /metrics; empty: none"),
    ROW(STR, ca_file, NULL, 4095,
	"PEM file of root certificates to trust besides the system's"),
    ROW(INT, timeout_ms, 10000, 100, 60000,
	"how long a token server may take to answer"),
    ROW(INT, max_in_flight, 256, 1, 4096,
	"requests to token servers at once; of one credential there is one"),
    ROW(INT, default_lifetime_s, 3600, 1, 31536000,
	"how long a token is used whose server does not say"),
    ROW(INT, idle_s, 3600, 0, 31536000,
	"a token that nobody has asked for in so long is not renewed"),
    CONF_END_ROW,
};

int main(int argc, char **argv)
{
	struct tokens tokens = {0};
	const struct service service = {
	    .name = "tokens",
	    .what = "gets the access tokens that OAuth 2.0 webhooks need",
	    .conf = conf,
	    .state = &tokens,
	    .start = tokens_start,
	    .drain = tokens_drain,
	    .stop = tokens_stop,
	};

	return service_main(&service, argc, argv);
}
