/*
 * rate - how many requests a second a lane may start.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rate.h"

#define SECOND_US 1000000u
/* Of a second: what may go at once. */
#define BURST_PART 10
#define RAISE_PART 20

uint64_t rate_limit(const struct rate *r, uint64_t own)
{
	if (r->lowered && (own == 0 || r->lowered < own))
		return r->lowered;
	return own;
}

/* How far ahead of even pacing a request may be. */
static uint64_t slack_us(uint64_t limit)
{
	uint64_t burst = limit / BURST_PART;

	return burst > 1 ? (burst - 1) * SECOND_US / limit : 0;
}

uint64_t rate_wait_us(const struct rate *r, uint64_t own, uint64_t now)
{
	uint64_t limit = rate_limit(r, own), from;

	if (limit == 0)
		return 0;
	from = r->due_us -
	       (r->due_us < slack_us(limit) ? r->due_us : slack_us(limit));
	return from > now ? from - now : 0;
}

static void count(struct rate *r, uint64_t now)
{
	uint64_t second = now / SECOND_US;

	if (second != r->second) {
		r->last = second == r->second + 1 ? r->count : 0;
		r->count = 0;
		r->second = second;
	}
	r->count++;
}

void rate_take(struct rate *r, uint64_t own, uint64_t now)
{
	uint64_t limit = rate_limit(r, own);

	count(r, now);
	if (limit == 0)
		return;
	if (r->due_us < now)
		r->due_us = now;
	r->due_us += SECOND_US / limit;
}

void rate_lower(struct rate *r, uint64_t own, uint64_t now)
{
	uint64_t got = r->last > r->count ? r->last : r->count;
	uint64_t limit = rate_limit(r, own);

	if (limit && limit < got)
		got = limit;
	r->lowered = got / 2 ? got / 2 : 1;
	if (r->due_us < now)
		r->due_us = now + SECOND_US / r->lowered;
}

void rate_raise(struct rate *r, uint64_t own, uint64_t now)
{
	uint64_t step = r->lowered / RAISE_PART, got = r->last;

	if (r->lowered == 0)
		return;
	if (now / SECOND_US > r->second + 1)
		got = 0;
	r->lowered += step ? step : 1;
	/* It does not hold anything back any more. */
	if (own ? r->lowered >= own : r->lowered > 2 * got + 10)
		r->lowered = 0;
}
