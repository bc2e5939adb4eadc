/*
 * delays - calls that are to be answered later.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "delays.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"

/* Each holds a connection. */
#define DELAYED_MAX 200
#define LOOK_MS 20

struct delayed {
	struct list node;
	struct call *call; /* borrowed; it waits for this */
	void (*answer)(struct call *call);
	uint64_t at_ms;
};

struct delays {
	struct list waiting;
	size_t n;
	uv_timer_t *timer; /* freed by its close callback */
};

static void end(struct delays *d, struct delayed *one)
{
	list_remove(&one->node);
	d->n--;
	one->answer(one->call);
	free(one);
}

static void on_timer(uv_timer_t *timer)
{
	struct delays *d = timer->data;
	uint64_t now = now_ms();
	struct list *node = d->waiting.next, *next;

	for (; node != &d->waiting; node = next) {
		struct delayed *one = container_of(node, struct delayed, node);

		next = node->next;
		if (now >= one->at_ms)
			end(d, one);
	}
	if (d->n == 0)
		uv_timer_stop(timer);
}

struct delays *delays_new(uv_loop_t *loop)
{
	struct delays *d = xcalloc(1, sizeof(*d));

	list_init(&d->waiting);
	d->timer = xcalloc(1, sizeof(*d->timer));
	d->timer->data = d;
	must(uv_timer_init(loop, d->timer) == 0);
	return d;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void delays_end(struct delays *d)
{
	struct list *node;

	while ((node = list_first(&d->waiting)))
		end(d, container_of(node, struct delayed, node));
}

void delays_free(struct delays **dp)
{
	struct delays *d = *dp;

	if (!d)
		return;
	delays_end(d);
	uv_close((uv_handle_t *)d->timer, on_closed);
	free(d);
	*dp = NULL;
}

bool delays_add(struct delays *d, struct call *call, uint64_t ms,
		void (*answer)(struct call *call))
{
	struct delayed *one;

	if (d->n >= DELAYED_MAX)
		return false;
	one = xcalloc(1, sizeof(*one));
	one->call = call;
	one->answer = answer;
	one->at_ms = now_ms() + ms;
	list_push(&d->waiting, &one->node);
	d->n++;
	if (!uv_is_active((uv_handle_t *)d->timer))
		must(uv_timer_start(d->timer, on_timer, LOOK_MS, LOOK_MS) == 0);
	return true;
}
