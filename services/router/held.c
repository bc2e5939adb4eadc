/*
 * held - lanes that are held back because there is no access token.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "held.h"

#include "base/clock.h"
#include "base/rng.h"
#include "dispatch.h"
#include "retry.h"
#include "router.h"
#include "store/config.h"
#include "tell.h"

static bool is_held(const struct lane *lane)
{
	return circuit_is_held(&lane->pace.circuit);
}

void held_look(struct partition *p, struct lane *lane)
{
	const struct lane_stats *s = &lane->stats;
	bool held = is_held(lane);

	/* What was under way before it was held does not end it. */
	switch (failing_look(&lane->held, held ? 0 : s->delivered + s->failed,
			     held ? s->no_token : 0, wall_ms(), UINT64_MAX)) {
	case FAILING_NOTE:
		ops_since(&p->pending, lane->id.b, SINCE_HELD, wall_ms());
		break;
	case FAILING_CLEAR:
		ops_not_since(&p->pending, lane->id.b, SINCE_HELD);
		break;
	case FAILING_NOTHING:
	case FAILING_OVER:
		break;
	}
}

static uint64_t held_ms(const struct lane *lane)
{
	const struct failing *f = &lane->held;
	uint64_t wall = wall_ms();

	return f->state == FAILING_YES && wall > f->since_ms
		   ? wall - f->since_ms
		   : 0;
}

bool held_for_too_long(const struct lane *lane)
{
	int64_t wait_s = lane->partition->router->conf.oauth_wait_s;

	return held_ms(lane) >= (uint64_t)wait_s * 1000;
}

uint64_t held_until_ms(const struct lane *lane)
{
	return wall_ms() + retry_held_ms(held_ms(lane), rng_unit());
}

void held_release(struct lane *lane)
{
	struct partition *p = lane->partition;

	tell_release(p, lane);
	if (lane->held.state == FAILING_NOT)
		return;
	lane->held.state = FAILING_NOT;
	ops_not_since(&p->pending, lane->id.b, SINCE_HELD);
	router_arm_flush(p->router);
}

void held_hurry(struct router *r, const struct ulid *credential)
{
	size_t pos = 0;
	void *value;

	while (table_next(r->lanes, &pos, NULL, &value)) {
		struct lane *lane = value;
		const struct webhook *w = lane->webhook;

		if (!w || w->auth != AUTH_OAUTH2 ||
		    (credential && memcmp(&w->credential, credential,
					  sizeof(*credential)) != 0))
			continue;
		circuit_hurry(&lane->pace.circuit, now_ms());
		dispatch_touch(lane);
	}
}

int64_t held_count(const struct router *r)
{
	size_t pos = 0;
	void *lane;
	int64_t n = 0;

	while (table_next(r->lanes, &pos, NULL, &lane))
		n += is_held(lane);
	return n;
}
