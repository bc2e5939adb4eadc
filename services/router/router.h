/*
 * router - the service's own state, shared by its modules.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   router.c     wiring: timers, Redis, the configuration
 *   sockets.c    where it listens, whom it lets in, what a message leads to
 *   partition.c  a partition's life: lease, take-over, release
 *   follow.c     its log: hints, gaps, reading on, matching
 *   claim.c      its records: what is due, what is in a lane's backlog
 *   dispatch.c   lanes to senders
 *   parcel.c     deliveries that go in one request; wake.c waits for them
 *   notice.c     backlogs that others have filled
 *   tell.c       its pace, and what others hear of that
 *   settle.c     what results mean; note.c lists them, record.c keeps what
 *                goes no further, flush.c writes it all to Redis
 *   disable.c    webhooks that want no more, or fail for days
 *   held.c       webhooks for which there is no access token
 *   own_event.c  events of our own
 *   journey.c    calls of journeys: their order, what they keep, their end
 *   stored.c     what is kept, read before a call is handed out
 *   caller.c     whose call it is; news.c tells what calls have brought
 *   keep.c       how long what has ended is kept
 */
#ifndef ROUTER_ROUTER_H
#define ROUTER_ROUTER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"
#include "base/table.h"
#include "gauges.h"
#include "io/pipe.h"
#include "io/redis.h"
#include "io/service.h"
#include "keep.h"
#include "lane.h"
#include "partition.h"
#include "ring.h"
#include "sender.h"
#include "task.h"

struct caller_reader;
struct config;
struct document;
struct registry;
struct match;

enum router_script {
	SCRIPT_TAKE,
	SCRIPT_RELEASE,
	SCRIPT_SETTLE,
	SCRIPT_CLAIM,
	SCRIPT_DISABLE,
	SCRIPT_STORED,
	SCRIPT_COUNT
};

#define BOUND_SIZE 512

struct router_conf {
	char *sender_bind, *ingest_bind, *feed_bind, *admin_bind;
	char *curve_readers;
	int64_t lease_ms, flush_ms, straggler_ms, congested_ms;
	int64_t head_bytes, head_deliveries, lane_head;
	int64_t attempts_keep, attempts_keep_s, dead_keep, dead_keep_s;
	int64_t disable_after_s, oauth_wait_s;
	int64_t events_keep_s, events_keep_bytes;
	int64_t profile_keep_s, path_keep_s, call_keep_s;
};

struct router {
	struct router_conf conf;
	struct service_run *run;
	const struct common_conf *common;
	uv_loop_t *loop;
	uint64_t boot;
	struct redis *redis;
	struct config *config;
	struct registry *registry;
	struct pipe_context *pipes;
	struct pipe *sender_pipe, *ingest_pipe, *feed_pipe;
	char sender_endpoints[BOUND_SIZE], ingest_endpoints[BOUND_SIZE],
	    feed_endpoints[BOUND_SIZE];
	uv_timer_t beat;    /* leases */
	uv_timer_t flush;   /* results to Redis */
	uv_timer_t tick;    /* statistics, lost senders, stragglers, claims */
	uint64_t second_ms; /* when a second of ticks began */
	uv_prepare_t pump;  /* once a turn of the loop: match, hand out, send */
	bool flush_armed;
	bool draining;

	struct partition **partitions;
	uint64_t n_partitions;
	struct table *lanes; /* webhook id → lane, of the partitions held */
	struct match *match;
	struct ring ring; /* lanes in turn */
	struct senders senders;
	struct tasks *tasks;
	/* In memory; a body of its own that is with a sender does not count,
	 * for senders' allowances bound those. */
	size_t head_bytes, n_deliveries;
	size_t coming_bytes, coming; /* asked for by claims under way */
	struct keep keep;
	struct buf body; /* of the batch that is being handed out */
	struct caller_reader *callers; /* whose calls they are */
	struct document *document;     /* what they bring */
	struct gauges m;
};

bool router_start(struct service_run *run, void *state, char *error,
		  size_t error_size);
void router_drain(struct service_run *run, void *state);
void router_stop(struct service_run *run, void *state);

/* Room in memory for more of the log, and for more deliveries. */
bool router_has_room(const struct router *r, size_t bytes);
/* What a lane may have: a fair part of what is free, so that lanes that do not
 * drain leave room for the others, however many they are. */
struct lane_limits router_limits(const struct router *r);
/* A delivery, or a parcel by its first, goes to a sender, and is back. */
void router_send_off(struct router *r, struct delivery *d);
void router_take_back(struct router *r, struct delivery *d);
/* The flush timer is running from now on. */
void router_arm_flush(struct router *r);
/* Somebody waits for it: in this turn of the loop. */
void router_flush_soon(struct router *r);
/* Frees a delivery or a parcel that stands in no queue and in no task. */
void router_forget(struct router *r, struct delivery *d);
/* Finds or makes the lane of a webhook; its webhook may be gone (NULL). */
struct lane *router_lane(struct router *r, struct partition *p,
			 const struct ulid *webhook);
/* The lane of no webhook that keeps the order of a project's paths: see
 * journey.h. */
struct lane *router_path_lane(struct router *r, struct partition *p,
			      struct slice project);

#endif
