/*
 * router - matches events to webhooks, queues, schedules and settles.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "router.h"

#define ROW(kind, member, ...) \
	CONF_##kind(struct router, conf.member, "router_" #member, __VA_ARGS__)

static const struct conf_item conf[] = {
    ROW(BIND, sender_bind, "tcp://127.0.0.1:5572", 500,
	"ZeroMQ endpoints for senders, comma-separated"),
    ROW(BIND, ingest_bind, "tcp://127.0.0.1:5573", 500,
	"ZeroMQ endpoints for ingest, comma-separated"),
    ROW(BIND, feed_bind, "tcp://127.0.0.1:5575", 500,
	"ZeroMQ endpoints of the live feed, comma-separated"),
    ROW(STR, curve_readers, "", 4096,
	"with CURVE: directory of the certificates of those who may read the "
	"live feed, besides the services"),
    ROW(STR, admin_bind, "127.0.0.1:9182", 100,
	"address of /healthz and /metrics"),
    ROW(INT, lease_ms, 5000, 500, 600000,
	"how long a partition stays with a router that says nothing"),
    ROW(INT, flush_ms, 5, 1, 1000,
	"results are written to Redis at most this much later"),
    ROW(INT, straggler_ms, 2000, 100, 600000,
	"log entries open for longer are turned into delivery records"),
    ROW(INT, congested_ms, 200, 1, 60000,
	"a full lane whose oldest delivery waits longer spills to Redis"),
    ROW(INT, head_bytes, 16777216, 65536, 17179869184,
	"bytes of events kept in memory"),
    ROW(INT, head_deliveries, 32768, 64, 16777216, "deliveries kept in memory"),
    ROW(INT, lane_head, 256, 1, 1000000,
	"deliveries of one webhook queued in memory"),
    ROW(INT, attempts_keep, 100000, 0, 100000000,
	"attempt records kept for each partition"),
    ROW(INT, attempts_keep_s, 0, 0, 315360000,
	"attempt records older than this are removed; 0: by number only"),
    ROW(INT, dead_keep, 100000, 1, 100000000,
	"dead deliveries kept for each webhook"),
    ROW(INT, dead_keep_s, 0, 0, 315360000,
	"dead deliveries older than this are removed; 0: by number only"),
    ROW(INT, events_keep_s, 0, 0, 315360000,
	"settled events are kept for so long, to be replayed; 0: not at all"),
    ROW(INT, events_keep_bytes, 67108864, 65536, 1099511627776,
	"bytes of settled events kept for each partition, about"),
    ROW(INT, disable_after_s, 432000, 0, 31536000,
	"a webhook that only fails for so long is disabled; 0: never"),
    ROW(INT, oauth_wait_s, 86400, 0, 31536000,
	"without an access token for longer, schedules are used up; 0: at "
	"once"),
    ROW(INT, profile_keep_s, 31536000, 0, 3153600000,
	"what User Profile tiles keep goes when it is so old; 0: never"),
    ROW(INT, path_keep_s, 7776000, 60, 31536000,
	"what Live Data tiles keep goes when it is so old"),
    ROW(INT, call_keep_s, 3600, 60, 604800,
	"results of journey calls can be read for so long"),
    CONF_END_ROW,
};

int main(int argc, char **argv)
{
	struct router router = {0};
	const struct service service = {
	    .name = "router",
	    .what = "matches events to webhooks, queues, schedules, settles",
	    .conf = conf,
	    .state = &router,
	    .start = router_start,
	    .drain = router_drain,
	    .stop = router_stop,
	};

	return service_main(&service, argc, argv);
}
