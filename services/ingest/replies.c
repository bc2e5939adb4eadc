/*
 * replies - the calls whose publishers wait for the result.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replies.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/table.h"

/* A call and one who waits for it, and its place in the table. */
#define WAITER_BYTES 256

/* When a call is looked up next. All calls of a list have the same delay, so
 * each list is in the order of time. */
enum turn { TURN_NOW, TURN_FIRST, TURN_AGAIN, TURNS_N };

struct waiter {
	struct list node; /* in its call's list */
	struct address *to;
	size_t cost;
};

struct waited_call {
	struct list node; /* in the list of its turn */
	struct ulid id;
	uint64_t partition, look_ms, until_ms;
	struct list waiters;
};

struct replies {
	struct table *calls; /* by id; owned */
	struct list turns[TURNS_N];
	size_t waiters, waiters_max;
	size_t bytes, bytes_max;
	uint64_t expired;
};

struct replies *replies_new(size_t waiters_max, size_t bytes_max)
{
	struct replies *r = xcalloc(1, sizeof(*r));

	r->calls = table_new(waiters_max);
	for (int i = 0; i < TURNS_N; i++)
		list_init(&r->turns[i]);
	r->waiters_max = waiters_max;
	r->bytes_max = bytes_max;
	return r;
}

static void call_free(struct replies *r, struct waited_call *c)
{
	table_delete(r->calls, ulid_slice(&c->id));
	list_remove(&c->node);
	free(c);
}

/* The address is the caller's then. */
static struct address *waiter_end(struct replies *r, struct list *node)
{
	struct waiter *w = container_of(node, struct waiter, node);
	struct address *to = w->to;

	replies_release(r, 1, w->cost);
	free(w);
	return to;
}

static void call_end(struct replies *r, struct waited_call *c)
{
	struct list *node;

	while ((node = list_pop(&c->waiters))) {
		struct address *to = waiter_end(r, node);

		address_unref(&to);
		r->expired++;
	}
	call_free(r, c);
}

void replies_free(struct replies **replies)
{
	struct replies *r = *replies;

	if (!r)
		return;
	*replies = NULL;
	for (int i = 0; i < TURNS_N; i++)
		while (!list_empty(&r->turns[i]))
			call_end(r, container_of(list_first(&r->turns[i]),
						 struct waited_call, node));
	table_free(&r->calls);
	free(r);
}

bool replies_reserve(struct replies *r, size_t n, const struct address *to,
		     size_t *cost)
{
	/* They share the address. */
	*cost = WAITER_BYTES + (to->bytes + n - 1) / n;
	if (r->waiters + n > r->waiters_max ||
	    r->bytes + n * *cost > r->bytes_max)
		return false;
	r->waiters += n;
	r->bytes += n * *cost;
	return true;
}

void replies_release(struct replies *r, size_t n, size_t cost)
{
	must(r->waiters >= n && r->bytes >= n * cost);
	r->waiters -= n;
	r->bytes -= n * cost;
}

static void set_turn(struct replies *r, struct waited_call *c, enum turn turn,
		     uint64_t look_ms)
{
	list_remove(&c->node);
	c->look_ms = look_ms;
	list_push(&r->turns[turn], &c->node);
}

static struct waited_call *call_new(struct replies *r,
				    const struct reply_wait *w, uint64_t now_ms)
{
	struct waited_call *c = xcalloc(1, sizeof(*c));

	c->id = w->id;
	c->partition = w->partition;
	list_init(&c->node);
	list_init(&c->waiters);
	/* A place was reserved. */
	must(table_put(r->calls, ulid_slice(&c->id), c) == ERR_OK);
	set_turn(r, c, TURN_FIRST, now_ms + REPLIES_FIRST_LOOK_MS);
	return c;
}

void replies_add(struct replies *r, const struct reply_wait *w,
		 struct address *to, uint64_t now_ms)
{
	struct waited_call *c = table_find(r->calls, ulid_slice(&w->id));
	struct waiter *one = xcalloc(1, sizeof(*one));

	if (!c)
		c = call_new(r, w, now_ms);
	if (w->at_once)
		set_turn(r, c, TURN_NOW, now_ms);
	if (c->until_ms < w->until_ms)
		c->until_ms = w->until_ms;
	one->to = address_ref(to);
	one->cost = w->cost;
	list_push(&c->waiters, &one->node);
}

struct address *replies_pop(struct replies *r, const struct ulid *id)
{
	struct waited_call *c = table_find(r->calls, ulid_slice(id));
	struct address *to;

	if (!c)
		return NULL;
	to = waiter_end(r, list_pop(&c->waiters));
	if (list_empty(&c->waiters))
		call_free(r, c);
	return to;
}

static struct waited_call *first_due(struct replies *r, uint64_t now_ms)
{
	for (int i = 0; i < TURNS_N; i++) {
		struct list *first = list_first(&r->turns[i]);
		struct waited_call *c;

		if (!first)
			continue;
		c = container_of(first, struct waited_call, node);
		if (c->look_ms <= now_ms)
			return c;
	}
	return NULL;
}

bool replies_look(struct replies *r, uint64_t now_ms, struct ulid *id,
		  uint64_t *partition)
{
	struct waited_call *c;

	while ((c = first_due(r, now_ms)) && c->until_ms <= now_ms)
		call_end(r, c);
	if (!c)
		return false;
	set_turn(r, c, TURN_AGAIN, now_ms + REPLIES_LOOK_MS);
	*id = c->id;
	*partition = c->partition;
	return true;
}

size_t replies_waiting(const struct replies *r)
{
	return r->waiters;
}

uint64_t replies_expired(const struct replies *r)
{
	return r->expired;
}
