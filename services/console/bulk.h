/*
 * bulk - a request that puts many of one webhook's deliveries back into its
 * queue, or takes them out of it.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   bulk.c       the request: what is asked for, how far it got, the answer
 *   bulk_sets.c  the dead, and what waits: sorted sets with records
 *   bulk_kept.c  settled events that are kept: a stream of entries
 *
 * Works in small steps, so that Redis serves everybody else in between, and
 * for a bounded time; the cursor of its answer says where the next request goes
 * on. What one step has done stays done, whatever becomes of the caller.
 */
#ifndef CONSOLE_BULK_H
#define CONSOLE_BULK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ulid.h"
#include "call.h"
#include "walk.h"

/* Deliveries moved by one script, which Redis does in about a millisecond. */
#define BULK_CHUNK 256

enum bulk_source {
	BULK_DUE,
	BULK_BACKLOG,
	BULK_DEAD,
	BULK_KEPT,
	BULK_CHAIN,
	BULK_END
};

struct bulk {
	struct ulid webhook;
	bool cancel;	/* else: replay */
	json_t *names;	/* borrowed from the call's body; NULL: all events */
	uint64_t limit; /* at most so many */
	/* Of a dead one's death, else of the event's acceptance. */
	uint64_t since_ms, until_ms;
	uint64_t began_ms, done;
	/* where it is: */
	enum bulk_source source;
	char position[POSITION_SIZE]; /* "": the beginning */
	uint64_t skip; /* of the position: what was looked at and left there */
	/* where the step that is under way began: */
	char step_position[POSITION_SIZE];
	uint64_t step_skip;
};

/* One question to Redis, or the answer to the caller. */
void bulk_step(struct call *call);
/* One more chunk has been moved, or could not be. */
void bulk_moved(struct call *call, enum err e, uint64_t n);
/* True when e is OK. Else the call has been answered: with what was done before
 * and a cursor for the rest, if anything was. */
bool bulk_ok(struct call *call, enum err e);
/* Nothing more of this source. */
void bulk_next_source(struct bulk *b);
/* How many the next chunk may have. */
uint64_t bulk_room(const struct bulk *b);
bool bulk_wants_name(const struct bulk *b, struct slice event_name);
/* Of acceptance. */
bool bulk_wants_time(const struct bulk *b, const struct ulid *id);

/* The next step in one of the sorted sets, or in what is kept. */
void bulk_ask_chain(struct call *call);
void bulk_ask_set(struct call *call);
void bulk_ask_kept(struct call *call);

#endif
