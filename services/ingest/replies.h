/*
 * replies - the calls whose publishers wait for the result.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bounded in number and in bytes. Room is reserved before a call is taken, so
 * that one that was taken has its place. A call leaves when its result is told,
 * or when its time is over. Knows neither sockets, Redis nor the clock.
 */
#ifndef INGEST_REPLIES_H
#define INGEST_REPLIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ulid.h"

#include "address.h"

/* A result may have been told while nobody heard: it is looked up this long
 * after the call was taken, and again and again. */
#define REPLIES_FIRST_LOOK_MS 1000
#define REPLIES_LOOK_MS 5000

struct replies;

struct replies *replies_new(size_t waiters_max, size_t bytes_max);
void replies_free(struct replies **r);

/* Room for n results to one address; each takes *cost of the bytes. False:
 * there is none. */
bool replies_reserve(struct replies *r, size_t n, const struct address *to,
		     size_t *cost);
/* Of those reserved, n will not be needed. */
void replies_release(struct replies *r, size_t n, size_t cost);

struct reply_wait {
	struct ulid id; /* of the call */
	uint64_t partition;
	uint64_t until_ms; /* monotonic */
	size_t cost;
	bool at_once; /* look it up at once: it may have ended already */
};

/* Takes one of the places that were reserved, and a reference. */
void replies_add(struct replies *r, const struct reply_wait *w,
		 struct address *to, uint64_t now_ms);
/* The next one that waits for this call's result, and does so no more; NULL:
 * nobody does. The reference is the caller's. */
struct address *replies_pop(struct replies *r, const struct ulid *id);
/* The next call whose result is to be looked up; false: none at the moment.
 * Lets those go whose time is over. */
bool replies_look(struct replies *r, uint64_t now_ms, struct ulid *id,
		  uint64_t *partition);

size_t replies_waiting(const struct replies *r); /* and what is reserved */
uint64_t replies_expired(const struct replies *r);

#endif
