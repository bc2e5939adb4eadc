/*
 * journey - calls of journeys: their order, what they keep, and their end.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The calls of one path (a user's way through a journey) go one after the
 * other, whichever webhooks they are for: a later one's templates may use what
 * an earlier one has brought. So all journey webhooks of a project share the
 * order of one lane, the path lane, which has no webhook and whose own
 * deliveries are the journeys' exits (docs/decisions/0028-paths.md).
 */
#ifndef ROUTER_JOURNEY_H
#define ROUTER_JOURNEY_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/ulid.h"

struct delivery;
struct event;
struct lane;
struct msg_result;
struct partition;

/* Whose order deliveries of the event keep; NULL: their own lane's. */
struct lane *journey_line(struct partition *p, const struct event *e);
bool journey_is_exit(const struct delivery *d);
/* What is kept for its path goes, in the flush that settles the exit. */
void journey_exit(struct partition *p, const struct delivery *d);
/* A call has ended: keeps what it has brought, and says how it ended if its
 * publisher wants to know. To be called in front of what settles it. */
void journey_end(struct partition *p, const struct delivery *d, bool delivered,
		 const struct msg_result *r);
/* To be called now and then: who waits behind others of its path is given up
 * when it has expired, for its publisher waits, too. */
void journey_tick(struct partition *p);
/* A flush has been answered: what it has brought is told on the feed. */
void journey_flushed(struct partition *p);
/* The partition is another's now. */
void journey_forget(struct partition *p);

#endif
