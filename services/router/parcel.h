/*
 * parcel - deliveries of one lane that go to their receiver in one request.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made when a lane with "batch" hands out; from then on its first delivery
 * stands for all of them in the lane's queue and in the tasks, and what becomes
 * of the request becomes of each. Decides and builds; knows neither Redis nor
 * senders. (The word batch is taken: it is the events of one log entry.)
 */
#ifndef ROUTER_PARCEL_H
#define ROUTER_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ulid.h"
#include "lane.h"

/* Of a request's body; one event that is larger goes alone. */
#define PARCEL_BYTES_MAX (1024 * 1024)

struct parcel {
	struct ulid key; /* its members' list in Redis: an id of one of them */
	bool written;	 /* that list is in Redis */
	uint32_t n;
	size_t bytes;		    /* of the body */
	struct delivery *members[]; /* in order; the first stands for all */
};

/* They must be in no queue. */
struct parcel *parcel_new(struct delivery *const *members, uint32_t n);
/* Each stands for itself again. The caller frees what is returned; NULL: it was
 * none. */
struct parcel *parcel_open(struct delivery *first);

/* How many deliveries stand here, and which. */
static inline uint32_t parcel_size(const struct delivery *d)
{
	return d->parcel ? d->parcel->n : 1;
}

static inline struct delivery *parcel_at(struct delivery *d, uint32_t i)
{
	return d->parcel ? d->parcel->members[i] : d;
}

/* The one that stands for it, d itself if it stands alone. */
static inline struct delivery *parcel_first(struct delivery *d)
{
	return parcel_at(d, 0);
}

/* Its deliveries go in batches. */
bool parcel_wanted(const struct lane *lane);
/* How long the lane's queue still waits for more; 0: a request can go. */
uint64_t parcel_wait_ms(const struct lane *lane,
			const struct lane_limits *limits, uint64_t now_ms);
/* Takes the next request's deliveries out of the queue and returns the one that
 * stands for them; NULL when none is left. What has expired goes to the list
 * instead. */
struct delivery *parcel_take(struct lane *lane, uint64_t wall_ms,
			     struct list *expired);
/* When a delivery that Redis has kept began to wait, as if it had been here
 * (monotonic). */
uint64_t parcel_since_ms(const struct delivery *d, uint64_t now_ms,
			 uint64_t wall_ms);

/* What receivers see as webhook-id: the same for the same events. */
struct ulid parcel_id(const struct parcel *p);
/* When the last event of those that stand here expires; 0: never. */
uint64_t parcel_expires_ms(const struct delivery *d);
/* The bodies as a JSON array, byte for byte. */
void parcel_body(const struct parcel *p, struct buf *out);
/* The members' ids, 16 bytes each. */
void parcel_ids(const struct parcel *p, struct buf *out);

#endif
