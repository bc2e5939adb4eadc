/*
 * schedule - when tokens are renewed, and how soon a token server is asked
 * again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "schedule.h"

#include "net/retry_after.h"

#define JITTER 0.2

uint64_t schedule_renew_ms(uint64_t fetched_ms, uint64_t lifetime_s,
			   double chance)
{
	double share = RENEW_FROM + (RENEW_TO - RENEW_FROM) * chance;

	return fetched_ms + (uint64_t)((double)lifetime_s * share);
}

uint64_t schedule_use_until_ms(uint64_t fetched_ms, uint64_t expires_ms)
{
	uint64_t tenth = (expires_ms - fetched_ms) / 10;

	return expires_ms - (tenth < MARGIN_MS ? tenth : MARGIN_MS);
}

uint64_t schedule_backoff_ms(uint64_t failures, bool temporary,
			     uint64_t retry_after_ms, double chance)
{
	uint64_t ms = temporary ? BACKOFF_TEMPORARY_MS : BACKOFF_PERMANENT_MS;
	uint64_t max =
	    temporary ? BACKOFF_TEMPORARY_MAX_MS : BACKOFF_PERMANENT_MAX_MS;

	while (failures-- > 1 && ms < max)
		ms *= 2;
	if (ms > max)
		ms = max;
	ms = (uint64_t)((double)ms * (1 + JITTER * (2 * chance - 1)));
	if (retry_after_ms > RETRY_AFTER_MS_MAX)
		retry_after_ms = RETRY_AFTER_MS_MAX;
	return ms > retry_after_ms ? ms : retry_after_ms;
}

/* Nobody notes more than the burst: a clock has been set back, and what it has
 * told before says nothing. */
static bool is_of_another_clock(uint64_t refused_ms, uint64_t wall_ms)
{
	uint64_t most = REFUSALS_BURST * (uint64_t)REFUSALS_INTERVAL_MS;

	return refused_ms > wall_ms + most + CLOCKS_APART_MS_MAX;
}

uint64_t schedule_refusal_ms(uint64_t refused_ms, uint64_t wall_ms)
{
	uint64_t room = (REFUSALS_BURST - 1) * (uint64_t)REFUSALS_INTERVAL_MS;

	if (is_of_another_clock(refused_ms, wall_ms))
		return 0;
	return refused_ms > wall_ms + room ? refused_ms - wall_ms - room : 0;
}

bool schedule_refusal(uint64_t *refused_ms, uint64_t wall_ms)
{
	if (schedule_refusal_ms(*refused_ms, wall_ms) > 0)
		return false;
	if (*refused_ms < wall_ms || is_of_another_clock(*refused_ms, wall_ms))
		*refused_ms = wall_ms;
	*refused_ms += REFUSALS_INTERVAL_MS;
	return true;
}
