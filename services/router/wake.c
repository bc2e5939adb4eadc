/*
 * wake - touches a lane again at a time: its batch has waited, its rate allows
 * more. SPDX-License-Identifier: Apache-2.0
 */
#include "wake.h"

#include <stdlib.h>
#include <uv.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dispatch.h"
#include "router.h"

struct wake {
	uv_timer_t timer;
	uint64_t at_ms; /* monotonic; 0: it does not run */
};

static void on_time(uv_timer_t *timer)
{
	struct lane *lane = timer->data;

	lane->wake->at_ms = 0;
	dispatch_touch(lane);
}

static struct wake *wake_new(struct lane *lane)
{
	struct wake *w = xcalloc(1, sizeof(*w));

	must(uv_timer_init(lane->partition->router->loop, &w->timer) == 0);
	w->timer.data = lane;
	return w;
}

void wake_lane(struct lane *lane, uint64_t ms)
{
	struct wake *w = lane->wake;
	uint64_t at = now_ms() + ms;

	if (!w)
		w = lane->wake = wake_new(lane);
	/* Too early does no harm, and is cheaper than to begin anew with every
	 * event. */
	if (w->at_ms && w->at_ms <= at)
		return;
	w->at_ms = at;
	must(uv_timer_start(&w->timer, on_time, ms, 0) == 0);
}

static void on_closed(uv_handle_t *handle)
{
	/* The timer stands first. */
	free(handle);
}

void wake_end(struct lane *lane)
{
	if (lane->wake)
		uv_close((uv_handle_t *)&lane->wake->timer, on_closed);
	lane->wake = NULL;
}
