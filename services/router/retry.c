/*
 * retry - what follows an attempt.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retry.h"

#include "store/config.h"

#define HELD_JITTER 0.2

static uint64_t scheduled_delay_ms(const struct webhook *w, uint32_t tries,
				   double chance)
{
	double delay = 1000.0 * w->retry_delays_s[tries - 1];

	delay *= 1.0 + w->retry_jitter * (2.0 * chance - 1.0);
	return delay < 0 ? 0 : (uint64_t)delay;
}

enum verdict retry_decide(const struct retry_input *in, uint64_t *next_ms)
{
	uint64_t delay, after = in->retry_after_ms;

	switch (in->outcome) {
	case OUTCOME_delivered:
		return VERDICT_DELIVERED;
	case OUTCOME_dead:
	case OUTCOME_gone:
		return VERDICT_DEAD;
	case OUTCOME_not_started:
		return VERDICT_REQUEUE;
	case OUTCOME_none:
	/* Where it counts as an attempt at all. */
	case OUTCOME_unauthorized:
	case OUTCOME_retry:
		break;
	}
	if (in->tries == 0 || in->tries > in->webhook->n_retry_delays)
		return VERDICT_DEAD;
	delay = scheduled_delay_ms(in->webhook, in->tries, in->chance);
	if (after > RETRY_AFTER_MAX_MS)
		after = RETRY_AFTER_MAX_MS;
	if (after > delay)
		delay = after;
	*next_ms = in->wall_ms + delay;
	if (in->expires_ms && *next_ms > in->expires_ms)
		*next_ms = in->expires_ms;
	return VERDICT_RETRY;
}

uint64_t retry_step_ms(const struct webhook *w, uint32_t tries,
		       uint64_t last_ms)
{
	if (tries == 0 || tries > w->n_retry_delays)
		return 0;
	return last_ms + 1000ull * w->retry_delays_s[tries - 1];
}

uint64_t retry_held_ms(uint64_t held_ms, double chance)
{
	double ms = (double)held_ms;

	if (ms < RETRY_HELD_MS)
		ms = RETRY_HELD_MS;
	if (ms > RETRY_HELD_MAX_MS)
		ms = RETRY_HELD_MAX_MS;
	return (uint64_t)(ms * (1 + HELD_JITTER * (2 * chance - 1)));
}
