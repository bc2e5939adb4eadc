/*
 * ingest - takes events, stores them, then answers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest.h"

#define ROW(kind, member, ...) \
	CONF_##kind(struct ingest, conf.member, "ingest_" #member, __VA_ARGS__)

static const struct conf_item conf[] = {
    ROW(BIND, publish_bind, "tcp://127.0.0.1:5570", 500,
	"ZeroMQ endpoints of the acknowledged socket, comma-separated"),
    ROW(BIND, pull_bind, "tcp://127.0.0.1:5571", 500,
	"ZeroMQ endpoints of the socket without answers"),
    ROW(STR, curve_publishers, "", 4096,
	"directory of the certificates of publishers; with it, the tcp:// "
	"sockets for them have CURVE, and each publishes for the projects "
	"that its certificate names"),
    ROW(STR, http_bind, "127.0.0.1:8081", 100, "address of the HTTP API"),
    ROW(STR, admin_bind, "127.0.0.1:9181", 100,
	"address of /healthz and /metrics"),
    ROW(INT, message_bytes_max, 1048576, 1024, 1048576, "bytes of one message"),
    ROW(INT, frame_bytes_max, 8388608, 1024, 8388608,
	"bytes of one publish body"),
    ROW(INT, event_name_bytes_max, 128, 1, 128, "bytes of an eventName"),
    ROW(INT, messages_max, 1000, 1, 1000, "messages of one publish body"),
    ROW(INT, batch_events_max, 256, 1, 10000,
	"events appended at a time; a larger body still goes whole"),
    ROW(INT, batch_bytes_max, 1048576, 1024, 8388608,
	"bytes appended at a time; a larger body still goes whole"),
    ROW(INT, waiting_bytes_max, 16777216, 1048576, 1073741824,
	"bytes taken and not yet stored; beyond, publishers hear busy"),
    ROW(INT, idempotency_s, 86400, 1, 31536000,
	"how long a repeated id is noticed"),
    ROW(INT, sample_bytes_max, 4096, 0, 65536,
	"bytes of the newest event that is kept, as a sample, for each event "
	"name outside the catalogue; 0: none is, and those kept go"),
    ROW(INT, replies_max, 100000, 1000, 10000000,
	"results of calls that publishers wait for; beyond, they hear busy"),
    ROW(INT, http_connections_max, 1024, 1, 100000, "open HTTP connections"),
    CONF_END_ROW,
};

int main(int argc, char **argv)
{
	struct ingest ingest = {0};
	const struct service service = {
	    .name = "ingest",
	    .what = "takes events, stores them, then answers",
	    .conf = conf,
	    .state = &ingest,
	    .clients_name = "ingest_curve_publishers",
	    .clients = &ingest.conf.curve_publishers,
	    .start = ingest_start,
	    .drain = ingest_drain,
	    .stop = ingest_stop,
	};

	return service_main(&service, argc, argv);
}
