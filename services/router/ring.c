/*
 * ring - whose turn it is.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ring.h"

#include <stdlib.h>

#include "base/mem.h"
#include "lane.h"

#define TENANTS_MAX 1000000

struct tenant {
	struct list node;  /* in the ring's turns, while it has ready lanes */
	struct list lanes; /* ready ones */
	size_t members;
	char *project; /* owned */
};

void ring_init(struct ring *r)
{
	r->tenants = table_new(TENANTS_MAX);
	list_init(&r->turns);
}

void ring_fini(struct ring *r)
{
	if (!r->tenants)
		return;
	must(table_count(r->tenants) == 0);
	table_free(&r->tenants);
}

void ring_join(struct ring *r, struct lane *lane, struct slice project)
{
	struct tenant *t = table_find(r->tenants, project);

	if (!t) {
		t = xcalloc(1, sizeof(*t));
		list_init(&t->node);
		list_init(&t->lanes);
		t->project = slice_dup(project);
		must(table_put(r->tenants, project, t) == ERR_OK);
	}
	t->members++;
	lane->tenant = t;
}

void ring_leave(struct ring *r, struct lane *lane)
{
	struct tenant *t = lane->tenant;

	if (!t)
		return;
	list_remove(&lane->ready);
	lane->tenant = NULL;
	if (list_empty(&t->lanes))
		list_remove(&t->node);
	if (--t->members > 0)
		return;
	table_delete(r->tenants, slice_of(t->project));
	free(t->project);
	free(t);
}

void ring_push(struct ring *r, struct lane *lane)
{
	struct tenant *t = lane->tenant;

	if (!list_empty(&lane->ready))
		return;
	list_push(&t->lanes, &lane->ready);
	if (list_empty(&t->node))
		list_push(&r->turns, &t->node);
}

void ring_push_front(struct ring *r, struct lane *lane)
{
	struct tenant *t = lane->tenant;

	list_remove(&lane->ready);
	list_remove(&t->node);
	list_push_front(&t->lanes, &lane->ready);
	list_push_front(&r->turns, &t->node);
}

struct lane *ring_pop(struct ring *r)
{
	struct list *first = list_pop(&r->turns), *node;
	struct tenant *t;

	if (!first)
		return NULL;
	t = container_of(first, struct tenant, node);
	node = list_pop(&t->lanes);
	if (!list_empty(&t->lanes))
		list_push(&r->turns, &t->node);
	return node ? container_of(node, struct lane, ready) : NULL;
}
