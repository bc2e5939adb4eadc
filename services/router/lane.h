/*
 * lane - one webhook's queue: what waits in memory, what is on its way, and
 * whether more may come. SPDX-License-Identifier: Apache-2.0
 *
 * Decides and counts; knows neither Redis nor senders. Owns the deliveries that
 * stand in its queue.
 */
#ifndef ROUTER_LANE_H
#define ROUTER_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/ulid.h"
#include "batch.h"
#include "failing.h"
#include "order.h"
#include "pace.h"
#include "store/oauth_error.h"

#define LANE_BUCKETS 21 /* upper bounds 100 µs * 2^i */

struct tenant;
struct webhook;
struct parcel;
struct partition;
struct stored;
struct wake;

/* One event on its way to one webhook. */
struct delivery {
	struct list node;     /* in the lane's queue or a line behind it */
	struct list of_batch; /* in batch.deliveries, while not recorded */
	struct ulid id;
	struct event *event; /* pins its batch */
	struct lane *lane;   /* borrowed; outlives it */
	struct lane *line; /* whose order it keeps: its lane, or the one of its
			    * project's paths */
	struct stored *stored; /* owned, see stored.h; NULL: a system event */
	struct parcel *parcel; /* it goes with others; NULL: by itself */
	uint32_t tries;	       /* attempts made */
	bool recorded;	       /* Redis has a record of it, in "held" */
	bool sent;	       /* with a sender; else in the queue */
	bool probe;	       /* its attempt is the circuit's probe */
	uint64_t queued_ms;    /* monotonic */
	uint64_t last_ms;      /* wall clock of the last attempt; 0: none */
	uint64_t version;      /* of the webhook, when it was handed out */
	/* With an ordering key, see order.h: */
	struct order_key *key; /* borrowed; NULL: it has none */
	struct list aged;      /* among those behind */
	uint64_t order;	       /* its place in the log */
	uint64_t start_by_ms;  /* wall clock: whoever has it starts no later */
	bool chained;	       /* Redis has it in its key's chain */
};

/* Statistics not yet written to Redis. */
struct lane_stats {
	uint32_t delivered, failed, dead;
	uint32_t no_token; /* how often there was none; it is not written */
	uint32_t latency[LANE_BUCKETS];
	bool changed;
};

/* What others have been told of its pace. */
struct shown {
	bool told;
	enum circuit_state circuit;
	char no_token[OAUTH_ERROR_SIZE];
	uint64_t window, rate;
};

struct lane {
	struct list node; /* in its partition's list */
	struct list
	    ready; /* in the router's ring while it has work to hand out */
	struct list awaiting;	 /* in its partition's, until a flush is done */
	struct ulid id;		 /* the webhook's */
	struct webhook *webhook; /* owned reference; NULL: deleted */
	struct partition *partition; /* borrowed */
	struct list queue;
	uint32_t queued, in_flight;
	size_t bytes;	       /* bodies in the queue */
	struct wake *wake;     /* owned by wake.c; NULL: it never waited */
	bool backlog;	       /* Redis holds more of it */
	uint64_t spilled_in;   /* the flush that brings the last of it there */
	bool refilling;	       /* a claim from the backlog is under way */
	struct order *order;   /* owned; NULL: it never had keys */
	struct tenant *tenant; /* of the router's ring */
	struct pace pace;
	bool tried;	     /* in this router's time */
	bool served;	     /* and with success */
	bool put_off;	     /* some went straight to Redis and may come back */
	uint64_t put_off_in; /* the flush that brings the last of them there */
	uint64_t bringing_in; /* the flush that brings some of them back */
	struct shown shown;
	struct failing failing;
	struct failing held; /* fails: has no access token */
	struct lane_stats stats;
};

struct lane_limits {
	uint32_t head_max;     /* deliveries queued in memory */
	uint32_t batch_max;    /* where they go in batches, if that needs it */
	size_t bytes_max;      /* their bodies */
	uint64_t congested_ms; /* the oldest has waited longer: not draining */
};

enum lane_room {
	LANE_TAKE,  /* queue it */
	LANE_WAIT,  /* full for the moment, but draining: do not read on */
	LANE_SPILL, /* full and slow: to the backlog in Redis */
};

struct lane *lane_new(const struct ulid *id, struct partition *partition);
/* Its queue must be empty. */
void lane_free(struct lane **lane);
/* Takes a reference of its own; NULL: deleted. */
void lane_set_webhook(struct lane *lane, struct webhook *w);
/* There and enabled: attempts may be made. */
bool lane_is_live(const struct lane *lane);

enum lane_room lane_room(const struct lane *lane,
			 const struct lane_limits *limits, uint64_t now_ms);
/* Into its key's line, at the place in the log that it has. True: it is the
 * line's head and may be queued; else it stands behind. */
bool lane_join(struct delivery *d, uint64_t hash, uint64_t order,
	       uint64_t now_ms);
/* Out of its line, if it stands in one: it has ended or leaves memory. Whoever
 * is the head now is queued in its lane, and returned; NULL: nobody new. */
struct delivery *lane_leave(struct delivery *d, uint64_t now_ms);
/* Whether an order between its deliveries is kept. */
bool lane_is_ordered(const struct lane *lane);
struct order *lane_order(struct lane *lane); /* made when it is not there */

/* A deliverable head, and room below the webhook's concurrency or no need of
 * it. */
bool lane_is_ready(const struct lane *lane);
/* Wants more from its backlog; with an open circuit only for a probe. */
bool lane_wants_refill(const struct lane *lane,
		       const struct lane_limits *limits, uint64_t now_ms);

struct delivery *delivery_new(struct event *e, struct lane *lane,
			      const struct ulid *id);
/* Unpins its batch; returns the bytes that all of this freed. */
size_t delivery_free(struct delivery *d);

void lane_push(struct lane *lane, struct delivery *d, uint64_t now_ms);
void lane_push_front(struct lane *lane, struct delivery *d);
struct delivery *lane_pop(struct lane *lane);
void lane_remove(struct lane *lane, struct delivery *d);
/* Handed out, its attempt was not made: if it was the probe, there is none. */
void lane_take_back(struct lane *lane, struct delivery *d);

void lane_count(struct lane *lane, bool delivered, bool dead, uint64_t us);
/* So many more of the same request. */
void lane_count_more(struct lane *lane, bool delivered, bool dead, uint32_t n);

#endif
