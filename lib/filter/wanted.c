/*
 * wanted - the paths that some filters ask for, as a tree of names.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "filter/wanted.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"

/* More than all webhooks of an installation can have conditions of. */
#define CHILDREN_MAX ((size_t)64 * 1024 * 1024)

struct wanted *wanted_new(void)
{
	return xcalloc(1, sizeof(struct wanted));
}

/* As deep as a path has parts. */
void wanted_free(struct wanted **wp)
{
	struct wanted *w = *wp;
	size_t pos = 0;
	void *child;

	*wp = NULL;
	if (!w)
		return;
	while (w->children && table_next(w->children, &pos, NULL, &child)) {
		struct wanted *node = child;

		wanted_free(&node);
	}
	table_free(&w->children);
	free(w);
}

static struct wanted *grow(struct wanted *w, struct slice name)
{
	struct wanted *child;

	if (!w->children)
		w->children = table_new(CHILDREN_MAX);
	child = table_find(w->children, name);
	if (child)
		return child;
	child = wanted_new();
	must(table_put(w->children, name, child) == ERR_OK);
	w->numbered = w->numbered || path_part(name).is_index;
	return child;
}

struct wanted *wanted_add(struct wanted *w, const struct path *path)
{
	for (size_t i = 0; i < path->n; i++)
		w = grow(w, path->parts[i].name);
	w->whole = true;
	return w;
}

void wanted_merge(struct wanted *w, const struct wanted *other)
{
	struct slice name;
	size_t pos = 0;
	void *child;

	w->whole = w->whole || other->whole;
	while (other->children &&
	       table_next(other->children, &pos, &name, &child))
		wanted_merge(grow(w, name), child);
}

const struct wanted *wanted_child(const struct wanted *w, struct slice name)
{
	return w->children ? table_find(w->children, name) : NULL;
}

void wanted_each(struct wanted *w, void (*visit)(struct wanted *node))
{
	size_t pos = 0;
	void *child;

	visit(w);
	while (w->children && table_next(w->children, &pos, NULL, &child))
		wanted_each(child, visit);
}
