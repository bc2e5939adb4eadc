/*
 * turns - what a program does in every turn of its loop, and every now and
 * then. SPDX-License-Identifier: Apache-2.0
 */
#include "io/turns.h"

#include <stdlib.h>

#include "base/mem.h"

#define HANDLES 3

struct turns {
	struct turns_options options;
	uv_prepare_t prepare;
	uv_check_t check;
	uv_timer_t tick;
	unsigned open; /* handles that are not closed yet */
};

static void on_prepare(uv_prepare_t *handle)
{
	struct turns *t = handle->data;

	t->options.on_turn(t->options.arg);
}

static void on_check(uv_check_t *handle)
{
	struct turns *t = handle->data;

	t->options.on_turn(t->options.arg);
}

static void on_tick(uv_timer_t *handle)
{
	struct turns *t = handle->data;

	t->options.on_tick(t->options.arg);
}

struct turns *turns_start(uv_loop_t *loop, const struct turns_options *options)
{
	struct turns *t = xcalloc(1, sizeof(*t));

	t->options = *options;
	t->open = HANDLES;
	t->prepare.data = t->check.data = t->tick.data = t;
	must(uv_prepare_init(loop, &t->prepare) == 0);
	must(uv_check_init(loop, &t->check) == 0);
	must(uv_timer_init(loop, &t->tick) == 0);
	must(uv_prepare_start(&t->prepare, on_prepare) == 0);
	must(uv_check_start(&t->check, on_check) == 0);
	must(uv_timer_start(&t->tick, on_tick, options->tick_ms,
			    options->tick_ms) == 0);
	return t;
}

static void on_closed(uv_handle_t *handle)
{
	struct turns *t = handle->data;

	if (--t->open == 0)
		free(t);
}

void turns_stop(struct turns **tp)
{
	struct turns *t = *tp;

	if (!t)
		return;
	uv_close((uv_handle_t *)&t->tick, on_closed);
	uv_close((uv_handle_t *)&t->check, on_closed);
	uv_close((uv_handle_t *)&t->prepare, on_closed);
	*tp = NULL;
}
