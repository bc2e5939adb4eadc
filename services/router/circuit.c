/*
 * circuit - whether a receiver that keeps failing, or for which there is no
 * access token, is asked at all.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "circuit.h"

#include "base/mem.h"
#include "store/oauth_error.h"

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

bool circuit_is_held(const struct circuit *c)
{
	return c->no_token[0] != 0;
}

static bool is_too_much(const struct circuit *c)
{
	return c->failures >= CIRCUIT_FAILURES || c->failing > SHARE_MAX;
}

bool circuit_is_failing(const struct circuit *c)
{
	return c->state != CIRCUIT_CLOSED && is_too_much(c);
}

static uint64_t bounded(uint64_t interval)
{
	if (interval > CIRCUIT_INTERVAL_MAX_MS)
		return CIRCUIT_INTERVAL_MAX_MS;
	return interval < CIRCUIT_INTERVAL_MS ? CIRCUIT_INTERVAL_MS : interval;
}

static void wait(struct circuit *c, uint64_t now, double chance)
{
	double ms = (double)c->interval_ms * (1 + JITTER * (2 * chance - 1));

	c->probe_ms = now + (uint64_t)ms;
}

/* ---- without a token ---- */

/* Not before the token's time has come: it would be in vain. */
static void wait_for_token(struct circuit *c, uint64_t now, double chance)
{
	double ms = (double)c->interval_ms * (1 + JITTER * chance);

	c->probe_ms = now + bounded((uint64_t)ms);
}

static bool on_no_token(struct circuit *c, const struct circuit_result *r,
			uint64_t now, double chance)
{
	uint64_t after = bounded(c->hurried ? 0 : r->after_ms);
	bool was_held = circuit_is_held(c);

	if (was_held && !r->probe)
		return false;
	oauth_error_take(c->no_token, r->error);
	if (was_held && !c->hurried && bounded(2 * c->interval_ms) > after)
		after = bounded(2 * c->interval_ms);
	c->interval_ms = after;
	c->hurried = false;
	if (c->state != CIRCUIT_OPEN)
		set_state(c, CIRCUIT_OPEN);
	wait_for_token(c, now, chance);
	return !was_held;
}

void circuit_hurry(struct circuit *c, uint64_t now)
{
	c->hurried = true;
	if (circuit_is_held(c))
		c->probe_ms = now;
}

bool circuit_release(struct circuit *c, uint64_t now)
{
	if (!circuit_is_held(c))
		return false;
	c->no_token[0] = 0;
	if (!is_too_much(c)) {
		set_state(c, CIRCUIT_CLOSED);
		return true;
	}
	circuit_no_probe(c);
	c->interval_ms = CIRCUIT_INTERVAL_MS;
	c->probe_ms = now;
	return true;
}

/* ---- with one ---- */

static bool on_success(struct circuit *c)
{
	c->failures = 0;
	c->failing -= c->failing / MEMORY;
	if (c->state == CIRCUIT_CLOSED || circuit_is_held(c))
		return false;
	set_state(c, CIRCUIT_CLOSED);
	/* What is still under way from before must not open it again. */
	c->failing = 0;
	return true;
}

static bool on_failure(struct circuit *c, bool probe, uint64_t now,
		       double chance)
{
	c->failures++;
	c->failing += (WHOLE - c->failing) / MEMORY;
	if (c->state == CIRCUIT_HALF_OPEN && probe)
		c->interval_ms = bounded(2 * c->interval_ms);
	else if (c->state == CIRCUIT_CLOSED && is_too_much(c))
		c->interval_ms = CIRCUIT_INTERVAL_MS;
	else
		return false;
	set_state(c, CIRCUIT_OPEN);
	wait(c, now, chance);
	return true;
}

bool circuit_result(struct circuit *c, const struct circuit_result *r,
		    uint64_t now, double chance)
{
	bool released = r->probe && circuit_is_held(c);

	if (r->end == CIRCUIT_NO_TOKEN)
		return on_no_token(c, r, now, chance);
	if (released)
		c->no_token[0] = 0;
	if (r->end == CIRCUIT_SUCCESS)
		return on_success(c);
	/* It counts as if there had always been one. */
	if (released)
		set_state(c, CIRCUIT_CLOSED);
	return on_failure(c, r->probe, now, chance) || released;
}
