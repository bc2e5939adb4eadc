/*
 * partition - one partition that this router holds, or could hold.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ROUTER_PARTITION_H
#define ROUTER_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/table.h"
#include "lane.h"
#include "ops.h"
#include "proto/message.h"

struct reply;
struct router;

enum partition_state {
	PARTITION_FREE,	   /* not ours */
	PARTITION_LOADING, /* lease taken; reading what the last router marked
			    */
	PARTITION_HELD,	   /* at work */
	PARTITION_LEAVING, /* finishing what is in flight, then released */
};

#define STASH_MAX 16
#define FENCE_SIZE 48

/* An entry that is here and cannot be taken in yet. */
struct stashed_entry {
	uint64_t seq, after; /* nothing open stands between the two */
	char *bytes;	     /* owned */
	size_t n;
};

struct partition {
	struct router *router;
	uint64_t number;
	char prefix[32]; /* of its keys */
	enum partition_state state;
	bool taking;	/* a lease command is under way */
	bool announced; /* Redis knows whom ingest is to tell */
	bool resync;	/* what Redis says is "held" is in doubt: begin anew */
	uint64_t resync_by_ms; /* by then, whatever is in flight */
	unsigned robbed;       /* renewals in a row that found a newer epoch */
	uint64_t life; /* answers meant for an earlier one are ignored */
	uint64_t epoch;
	char fence[FENCE_SIZE]; /* what its writes carry: epoch and word */
	/* The connection is a new one: Redis may be another one than before,
	 * and have less. Nothing is written until the lease's answer says what
	 * it has. */
	bool unproven;
	uint64_t home; /* who was proven, on a cluster */
	uint64_t
	    lease_until_ms; /* monotonic: no attempt may be started later */
	uint64_t lease_until_wall_ms;
	uint64_t leave_by_ms;
	/* Monotonic: what an earlier life has handed out may still be started
	 * until then, so nothing that keeps an order is. */
	uint64_t ordered_from_ms;

	/* The log. */
	uint64_t cursor; /* everything up to here has been taken in */
	uint64_t newest; /* the log is known to reach to here */
	bool reading;
	uint64_t gap_ms; /* since when a hint is missing; 0: none is */
	struct stashed_entry stash[STASH_MAX];
	size_t n_stash;
	size_t entry_average;	 /* bytes, of those read from Redis */
	struct list batches;	 /* entries not yet settled, by seq */
	struct batch *expanding; /* not yet wholly matched; NULL: none */
	struct table
	    *marks; /* seq (8 bytes) → struct left_mark, at take-over */

	/* Records. */
	bool claiming;
	uint64_t claims_sent, claims_done; /* by their numbers */
	bool noticing;			   /* asking which backlogs there are */
	uint32_t refilling;		   /* claims from backlogs under way */
	uint64_t next_due_ms;		   /* wall clock */

	struct list lanes;
	uint64_t in_flight;

	/* Results to Redis. */
	struct ops pending, flying;
	bool flushing;
	uint64_t flush_number, flush_sent_us, flush_again_ms;
	uint64_t attempts_average; /* records an entry, times 16 */
	uint64_t kept_average;	   /* bytes an entry of kept events */
	struct list news;	   /* see news.h */
	struct list awaiting;	   /* lanes, see stored.h */
	bool unkept; /* what is not to be kept any more has been removed */
};

struct partition *partition_new(struct router *r, uint64_t number);
void partition_free(struct partition **p);

/* Lease: taken, renewed, or let go; call it a few times in a lease. mine: this
 * partition belongs to this router now. */
void partition_beat(struct partition *p, bool mine);
/* redis_options.on_down; arg is the router. The next Redis may be another one,
 * that has not heard of all of it. */
void partition_on_redis_down(void *arg);
/* Redis has all that is known of it. */
bool partition_is_proven(const struct partition *p);
/* Begins anew once what is in flight is done, or soon. */
void partition_doubt(struct partition *p);
/* Forgets all of it; Redis has what matters. */
void partition_drop(struct partition *p, const char *why);
/* It is ours, and the lease lasts. */
bool partition_is_held(const struct partition *p);
/* Held, and nothing against starting attempts. */
bool partition_may_dispatch(const struct partition *p);
/* The same, and Redis is proven to have all that is known of it. */
bool partition_may_claim(const struct partition *p);
/* Redis keeps up with what is to be written. */
bool partition_may_write(const struct partition *p);
/* The lane of a webhook as Redis' sets name it, made if there is none; NULL: no
 * such id, or no room. */
struct lane *partition_lane(struct partition *p, struct slice webhook);
/* The same of each in a list. */
void partition_each_lane(struct partition *p, const struct reply *webhooks,
			 void (*fn)(struct lane *lane));
struct slice partition_key(const struct partition *p, char *out,
			   const char *suffix);

/* follow.c */
void follow_hint(struct partition *p, uint64_t seq, struct slice frame);
void follow_newest(struct partition *p, uint64_t newest);
/* Whether an answer to a flush gives the newest; then it has been heeded. */
bool follow_answer(struct partition *p, struct slice text);
/* Matches what is in memory as far as there is room, and reads on. */
bool follow_pump(struct partition *p);
void follow_marks(struct partition *p);
void follow_forget(struct partition *p);
/* Gives a delivery that stays in memory an event of its own, so that its
 * entry's memory can go. */
void follow_rehome(struct router *r, struct delivery *d);
/* Entries that stay open long become records, so that the log can move on. */
void follow_stragglers(struct partition *p);

/* claim.c */
void claim_due(struct partition *p, uint64_t wall_ms);
void claim_backlog(struct lane *lane);
/* All lanes of the partition that may want it, in turn. */
void claim_backlogs(struct partition *p);

/* notice.c */
/* Asks Redis which lanes have a backlog, for others fill them too. */
void notice_backlogs(struct partition *p);
/* Each of the reply is a webhook that has one. */
void notice_webhooks(struct partition *p, const struct reply *webhooks);

/* settle.c */
void settle_result(struct partition *p, struct delivery *d,
		   const struct msg_result *r);
/* Given up without an attempt. error is a literal. */
void settle_give_up(struct partition *p, struct delivery *d, const char *error);
/* The end of a path: what is kept for it goes. */
void settle_exit(struct partition *p, struct delivery *d);
/* To the lane's backlog in Redis, out of memory. */
void settle_spill(struct partition *p, struct delivery *d);
/* Behind others of its key, into their chain in Redis, out of memory. */
void settle_chain(struct partition *p, struct delivery *d);
/* The whole line of a key gets records, and its head's memory is its own;
 * nothing of it stays behind in memory, and the head only if a sender has it.
 */
void settle_line(struct partition *p, struct order_key *key);
/* Straight to Redis: its circuit is open. The record says why: PUT_OFF, or the
 * error for which there is no access token. */
#define PUT_OFF "circuit_open"
void settle_put_off(struct partition *p, struct delivery *d);
/* Back to Redis without an attempt, due at that time (wall clock). */
void settle_defer(struct partition *p, struct delivery *d, uint64_t until_ms);
/* A record for what is with a sender, so that its log entry may go. */
void settle_hold(struct partition *p, struct delivery *d);
/* If nothing of the entry is open it goes. */
void settle_entry(struct partition *p, struct batch *b);

/* flush.c */
/* What has been gathered goes to Redis, unless a flush is under way. */
void flush_send(struct partition *p);
/* Every flush up to this one has been answered. */
uint64_t flush_done(const struct partition *p);
/* Lanes' figures join the next flush. */
void flush_statistics(struct partition *p);

#endif
