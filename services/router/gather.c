/*
 * gather - wakes a lane when its batch has waited long enough.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "gather.h"

#include <stdlib.h>
#include <uv.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dispatch.h"
#include "router.h"

struct gather {
	uv_timer_t timer;
	uint64_t at_ms; /* monotonic; 0: it does not run */
};

static void on_time(uv_timer_t *timer)
{
	struct lane *lane = timer->data;

	lane->gather->at_ms = 0;
	dispatch_touch(lane);
}

static struct gather *gather_new(struct lane *lane)
{
	struct gather *g = xcalloc(1, sizeof(*g));

	must(uv_timer_init(lane->partition->router->loop, &g->timer) == 0);
	g->timer.data = lane;
	return g;
}

void gather_wake(struct lane *lane, uint64_t ms)
{
	struct gather *g = lane->gather;
	uint64_t at = now_ms() + ms;

	if (!g)
		g = lane->gather = gather_new(lane);
	/* Too early does no harm, and is cheaper than to begin anew with every
	 * event. */
	if (g->at_ms && g->at_ms <= at)
		return;
	g->at_ms = at;
	must(uv_timer_start(&g->timer, on_time, ms, 0) == 0);
}

static void on_closed(uv_handle_t *handle)
{
	/* The timer stands first. */
	free(handle);
}

void gather_end(struct lane *lane)
{
	if (lane->gather)
		uv_close((uv_handle_t *)&lane->gather->timer, on_closed);
	lane->gather = NULL;
}
