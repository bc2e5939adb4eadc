/*
 * pace - how fast and whether a lane may go.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "pace.h"

#include "store/config.h"

#define SECOND_US 1000000u

uint64_t pace_wait_us(const struct pace *p, const struct webhook *w,
		      uint64_t now)
{
	/* What is left out needs neither room nor patience. */
	if (p->circuit.state != CIRCUIT_CLOSED)
		return 0;
	if (p->pause_us > now)
		return p->pause_us - now;
	return rate_wait_us(&p->rate, w->rate_per_second, now);
}

enum pace_go pace_next(const struct pace *p, const struct webhook *w,
		       uint32_t tries, uint32_t in_flight, uint64_t now)
{
	bool last = tries >= w->n_retry_delays;

	if (p->circuit.state == CIRCUIT_CLOSED)
		return PACE_GO;
	if (!last || circuit_is_held(&p->circuit))
		return circuit_wants_probe(&p->circuit, now / 1000) ? PACE_PROBE
								    : PACE_SKIP;
	return in_flight < window_size(&p->window, w->concurrency) ? PACE_GO
								   : PACE_WAIT;
}

void pace_start(struct pace *p, const struct webhook *w, enum pace_go go,
		uint64_t now)
{
	rate_take(&p->rate, w->rate_per_second, now);
	if (go == PACE_PROBE)
		circuit_probe(&p->circuit);
}

void pace_no_probe(struct pace *p)
{
	circuit_no_probe(&p->circuit);
}

/* The receiver, or the way to it, has more than it can do. */
static bool is_overload(const struct msg_result *r)
{
	return r->status == 0 || r->status == 429 || r->status == 503 ||
	       slice_eq_str(r->error, "timeout");
}

static void heed(struct pace *p, const struct webhook *w,
		 const struct msg_result *r, uint64_t now)
{
	uint64_t pause = r->retry_after_ms * 1000;

	if (r->status != 429 && r->status != 503)
		return;
	if (pause > PAUSE_MAX_US)
		pause = PAUSE_MAX_US;
	if (pause && now + pause > p->pause_us)
		p->pause_us = now + pause;
	else if (!pause && r->status == 429)
		rate_lower(&p->rate, w->rate_per_second, now);
}

static enum circuit_end end_of(const struct msg_result *r)
{
	switch (r->outcome) {
	case OUTCOME_unauthorized:
		return CIRCUIT_NO_TOKEN;
	case OUTCOME_delivered:
	/* An answer that ends the delivery on the receiver's word is none of
	 * the failures. */
	case OUTCOME_dead:
	case OUTCOME_gone:
		return CIRCUIT_SUCCESS;
	default:
		return CIRCUIT_FAILURE;
	}
}

bool pace_result(struct pace *p, const struct webhook *w,
		 const struct pace_result *r)
{
	const struct circuit_result of = {
	    .end = end_of(r->result),
	    .probe = r->probe,
	    .error = r->result->error,
	    .after_ms = r->result->retry_after_ms,
	};
	bool was_failing = circuit_is_failing(&p->circuit);
	bool changed =
	    circuit_result(&p->circuit, &of, r->now_us / 1000, r->chance);

	/* The receiver was not asked. */
	if (of.end == CIRCUIT_NO_TOKEN)
		return changed;
	if (was_failing && p->circuit.state == CIRCUIT_CLOSED)
		window_restart(&p->window, r->now_us);
	else
		window_result(&p->window, w->concurrency,
			      is_overload(r->result), r->result->total_us,
			      r->in_flight, r->now_us);
	heed(p, w, r->result, r->now_us);
	return changed;
}

bool pace_tick(struct pace *p, const struct webhook *w, uint32_t in_flight,
	       uint64_t now)
{
	if (now - p->second_us < SECOND_US)
		return false;
	p->second_us = now;
	rate_raise(&p->rate, w->rate_per_second, now);
	window_silence(&p->window, w->concurrency, in_flight, now);
	return true;
}
