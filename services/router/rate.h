/*
 * rate - how many requests a second a lane may start. Pure: time is an
 * argument.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The generic cell rate algorithm (ITU-T I.371): one time stamp, exact, and
 * nothing to refill. A tenth of a second's worth may go at once, so that no
 * second sees more than a tenth above the limit.
 *
 * A receiver that answers 429 lowers the limit to half of what it got; it then
 * grows by a twentieth a second, until it is the webhook's own or, where that
 * has none, more than the receiver gets.
 */
#ifndef ROUTER_RATE_H
#define ROUTER_RATE_H

#include <stdint.h>

struct rate {
	uint64_t due_us;  /* of the next request, were all paced evenly */
	uint64_t lowered; /* requests a second; 0: it is not lowered */
	/* What the receiver gets: */
	uint64_t second;      /* of the count under way */
	uint32_t count, last; /* in it, and in the one before */
};

/* What applies: the webhook's own limit (0: none), or less. 0: no limit. */
uint64_t rate_limit(const struct rate *r, uint64_t own);
/* Until the next request may start; 0: now. */
uint64_t rate_wait_us(const struct rate *r, uint64_t own, uint64_t now_us);
/* A request starts. */
void rate_take(struct rate *r, uint64_t own, uint64_t now_us);
/* The receiver has said: too many. */
void rate_lower(struct rate *r, uint64_t own, uint64_t now_us);
/* Once a second. */
void rate_raise(struct rate *r, uint64_t own, uint64_t now_us);

#endif
