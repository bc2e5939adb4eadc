/*
 * stock - idle handles, found by plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stock.h"

void stock_init(struct stock *s, const struct transport_options *options,
		size_t idle_max)
{
	*s = (struct stock){.options = options, .idle_max = idle_max};
	list_init(&s->idle);
}

static struct easy *oldest(struct stock *s)
{
	struct list *node = list_first(&s->idle);

	return node ? container_of(node, struct easy, in_stock) : NULL;
}

static struct easy *take(struct stock *s, struct easy *e)
{
	list_remove(&e->in_plan);
	list_remove(&e->in_stock);
	s->n--;
	return e;
}

void stock_fini(struct stock *s)
{
	struct easy *e;

	while ((e = oldest(s))) {
		e = take(s, e);
		easy_free(&e);
	}
}

struct easy *stock_take(struct stock *s, struct plan *plan)
{
	struct easy *e;

	/* The newest: its memory is warm. */
	if (!list_empty(&plan->handles))
		return take(
		    s, container_of(plan->handles.prev, struct easy, in_plan));
	/* Another webhook's is given up only when the stock is full. */
	e = s->n >= s->idle_max ? take(s, oldest(s)) : easy_new(s->options);
	easy_prepare(e, plan);
	return e;
}

void stock_put(struct stock *s, struct easy *e, uint64_t now_ms)
{
	if (e->plan->stale || s->idle_max == 0) {
		easy_free(&e);
		return;
	}
	e->idle_since_ms = now_ms;
	list_push(&e->plan->handles, &e->in_plan);
	list_push(&s->idle, &e->in_stock);
	if (++s->n <= s->idle_max)
		return;
	e = take(s, oldest(s));
	easy_free(&e);
}

void stock_trim(struct stock *s, uint64_t since_ms)
{
	struct easy *e;

	while ((e = oldest(s)) && e->idle_since_ms < since_ms) {
		e = take(s, e);
		easy_free(&e);
	}
}
