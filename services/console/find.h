/*
 * find - looks for one event in a partition's log or among those kept, for
 * attempts in their stream, and for the record of a delivery.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first two read a bounded number of records and end the search when the
 * call's reply from Redis is missing, by answering it; their functions are then
 * not called.
 */
#ifndef CONSOLE_FIND_H
#define CONSOLE_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ulid.h"
#include "call.h"
#include "proto/message.h"

/* event: the one that was looked for, a view; NULL: not there. mark: what of
 * its entry is settled, all zero for nothing. number: of the event in its
 * entry. */
typedef void find_event_fn(struct call *call, const struct msg_event *event,
			   const struct msg_mark *mark, uint64_t number);

/* In the log of the project params[0], the event with this id, or the one whose
 * delivery has it. */
void find_event(struct call *call, const struct ulid *id, bool of_delivery,
		find_event_fn *fn);

/* The same among the settled ones that are kept. */
void find_settled_event(struct call *call, const struct ulid *id,
			find_event_fn *fn);

struct find_attempts {
	struct ulid id;
	bool of_event; /* all of the event's, else of one delivery */
	/* False: enough. */
	bool (*on_attempt)(struct call *call, const struct msg_attempt *a);
	void (*on_end)(struct call *call);
};

/* The clocks of ingest, router and Redis may differ by this. */
#define CLOCK_SLACK_MS 5000
/* In a stream whose ids are times, from where on everything is that belongs to
 * an event accepted at this time or later. */
uint64_t stream_since(uint64_t ms);

/* Of an entry of a stream: "<number>-<number>". */
bool is_entry_id(struct slice s);

/* A delivery's record, and where it stands; a view of the reply. */
struct found_record {
	struct msg_delivery record;
	struct slice frame; /* of it */
	const char *status; /* static */
	uint64_t due_ms;    /* of the next try; 0: none */
};

/* Asks for it; fn, with the call, reads the reply with found_record(). */
void find_record(struct call *call, const struct ulid *id, redis_reply_fn *fn);
/* False: it has none. */
bool found_record(const struct reply *reply, struct found_record *found);

/* In the order of time, from the one in which the id was made. */
void find_attempts(struct call *call, const struct find_attempts *what);

#endif
