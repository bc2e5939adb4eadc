/*
 * circuit - whether a receiver that keeps failing is asked at all.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "circuit.h"

#include "base/mem.h"

#define WHOLE 65536u
/* Of the recent ones, about the last 64, so many must have failed. */
#define MEMORY 64
#define SHARE_MAX (WHOLE * 9 / 10)
#define JITTER 0.2

const char *circuit_state_text(enum circuit_state state)
{
	static const char *const texts[] = {
#define S(name, text) text,
	    CIRCUIT_STATES(S)
#undef S
	};

	return texts[state];
}

static void set_state(struct circuit *c, enum circuit_state state)
{
	static const bool may[3][3] = {
	    [CIRCUIT_CLOSED] = {[CIRCUIT_OPEN] = true},
	    [CIRCUIT_OPEN] =
		{[CIRCUIT_CLOSED] = true, [CIRCUIT_HALF_OPEN] = true},
	    [CIRCUIT_HALF_OPEN] =
		{[CIRCUIT_CLOSED] = true, [CIRCUIT_OPEN] = true},
	};

	must(may[c->state][state]);
	c->state = state;
}

bool circuit_wants_probe(const struct circuit *c, uint64_t now)
{
	return c->state == CIRCUIT_OPEN && now >= c->probe_ms;
}

bool circuit_wants(const struct circuit *c, uint64_t now)
{
	return c->state == CIRCUIT_CLOSED || circuit_wants_probe(c, now);
}

void circuit_probe(struct circuit *c)
{
	set_state(c, CIRCUIT_HALF_OPEN);
}

void circuit_no_probe(struct circuit *c)
{
	if (c->state == CIRCUIT_HALF_OPEN)
		set_state(c, CIRCUIT_OPEN);
}

static bool is_too_much(const struct circuit *c)
{
	return c->failures >= CIRCUIT_FAILURES || c->failing > SHARE_MAX;
}

static void wait(struct circuit *c, uint64_t now, double chance)
{
	double ms = (double)c->interval_ms * (1 + JITTER * (2 * chance - 1));

	c->probe_ms = now + (uint64_t)ms;
}

static bool on_success(struct circuit *c)
{
	c->failures = 0;
	c->failing -= c->failing / MEMORY;
	if (c->state == CIRCUIT_CLOSED)
		return false;
	set_state(c, CIRCUIT_CLOSED);
	/* What is still under way from before must not open it again. */
	c->failing = 0;
	return true;
}

bool circuit_result(struct circuit *c, const struct circuit_result *r,
		    uint64_t now, double chance)
{
	if (r->success)
		return on_success(c);
	c->failures++;
	c->failing += (WHOLE - c->failing) / MEMORY;
	if (c->state == CIRCUIT_HALF_OPEN && r->probe) {
		c->interval_ms *= 2;
		if (c->interval_ms > CIRCUIT_INTERVAL_MAX_MS)
			c->interval_ms = CIRCUIT_INTERVAL_MAX_MS;
	} else if (c->state == CIRCUIT_CLOSED && is_too_much(c)) {
		c->interval_ms = CIRCUIT_INTERVAL_MS;
	} else {
		return false;
	}
	set_state(c, CIRCUIT_OPEN);
	wait(c, now, chance);
	return true;
}
