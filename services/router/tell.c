/*
 * tell - what a result means for its lane's pace, and what others are told.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tell.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "feed.h"
#include "router.h"
#include "store/config.h"

/* Of what was put off, brought back at a time. */
#define BRING_BACK 256

/* ---- telling ---- */

static void set_number(struct partition *p, const struct lane *lane,
		       const char *field, uint64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);

	ops_tell(&p->pending, lane->id.b, field, slice_bytes(text, (size_t)n));
}

static void tell_figures(struct partition *p, struct lane *lane)
{
	const struct pace *pace = &lane->pace;
	struct shown now = {
	    .told = true,
	    .circuit = pace->circuit.state,
	    .window = window_size(&pace->window, lane->webhook->concurrency),
	    .rate = rate_limit(&pace->rate, lane->webhook->rate_per_second),
	};
	const struct shown *was = &lane->shown;
	bool other_reason = strcmp(pace->circuit.no_token, was->no_token) != 0;

	memcpy(now.no_token, pace->circuit.no_token, sizeof(now.no_token));
	if (was->told && now.circuit == was->circuit && !other_reason &&
	    now.window == was->window && now.rate == was->rate)
		return;
	if (!was->told || now.circuit != was->circuit)
		ops_tell(&p->pending, lane->id.b, "circuit",
			 slice_of(circuit_state_text(now.circuit)));
	if (!was->told || other_reason)
		ops_tell(&p->pending, lane->id.b, "noToken",
			 slice_of(now.no_token));
	if (!was->told || now.window != was->window)
		set_number(p, lane, "window", now.window);
	if (!was->told || now.rate != was->rate)
		set_number(p, lane, "rate", now.rate);
	lane->shown = now;
	router_arm_flush(p->router);
}

static void log_circuit(const struct lane *lane, const char *id)
{
	const struct circuit *c = &lane->pace.circuit;
	const char *was = lane->shown.no_token;

	if (circuit_is_held(c)) {
		log_info("lane_held", "webhook=%s error=%s", id, c->no_token);
		return;
	}
	if (was[0])
		log_info("lane_released", "webhook=%s error=%s", id, was);
	/* A probe that fails every minute is no news. */
	else if (c->state == CIRCUIT_CLOSED ||
		 c->interval_ms == CIRCUIT_INTERVAL_MS)
		log_info("circuit", "webhook=%s state=%s failures=%u", id,
			 circuit_state_text(c->state), c->failures);
}

static void tell_circuit(struct partition *p, struct lane *lane)
{
	char id[ID_TEXT_SIZE];

	ulid_format(id, "wh", &lane->id);
	log_circuit(lane, id);
	feed_circuit(p->router->feed_pipe, slice_of(lane->webhook->project), id,
		     &lane->pace.circuit);
	tell_figures(p, lane);
}

void tell_release(struct partition *p, struct lane *lane)
{
	if (circuit_release(&lane->pace.circuit, now_ms()) && lane->webhook)
		tell_circuit(p, lane);
}

void tell_result(struct partition *p, struct lane *lane,
		 const struct msg_result *result, bool probe)
{
	const struct pace_result r = {
	    .result = result,
	    .probe = probe,
	    .in_flight = lane->in_flight + 1,
	    .now_us = now_us(),
	    .chance = rng_unit(),
	};

	lane->tried = true;
	lane->served |= result->outcome == OUTCOME_delivered;
	if (!lane->webhook && probe)
		pace_no_probe(&lane->pace);
	else if (lane->webhook && pace_result(&lane->pace, lane->webhook, &r))
		tell_circuit(p, lane);
}

/* ---- what was put off ---- */

/* As with a circuit's probe: one, when nothing else is there to be tried. */
static bool wants_one(const struct lane *lane)
{
	const struct circuit *c = &lane->pace.circuit;

	return (c->state == CIRCUIT_CLOSED ||
		circuit_wants_probe(c, now_ms())) &&
	       lane->in_flight == 0 && lane->queued == 0 && !lane->backlog;
}

/* Back as fast as the lane takes it up, or one alone. A new router begins with
 * a closed circuit; that is no reason to fetch all of it, only to find it open
 * again. */
static void bring_back(struct partition *p, struct lane *lane, bool second)
{
	const struct circuit *c = &lane->pace.circuit;
	uint64_t n = 0;

	/* While it is switched off they would only be given up. */
	if (!lane->put_off || lane->bringing_in > flush_done(p) ||
	    !lane_is_live(lane))
		return;
	if (c->state == CIRCUIT_CLOSED && lane->served &&
	    lane->in_flight + lane->queued < lane->webhook->concurrency)
		n = BRING_BACK;
	else if (second && wants_one(lane))
		n = 1;
	if (n == 0)
		return;
	lane->bringing_in = p->flush_number + 1;
	ops_bring_back(&p->pending, lane->id.b, n, wall_ms());
	router_arm_flush(p->router);
}

void tell_tick(struct partition *p)
{
	uint64_t now = now_us();

	if (!partition_may_dispatch(p))
		return;
	LIST_FOREACH (node, &p->lanes) {
		struct lane *lane = container_of(node, struct lane, node);
		bool second;

		if (!lane->webhook)
			continue;
		second =
		    pace_tick(&lane->pace, lane->webhook, lane->in_flight, now);
		bring_back(p, lane, second);
		if (second && lane->tried)
			tell_figures(p, lane);
	}
}
