/*
 * wanted - the paths that some filters ask for, as a tree of names.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FILTER_WANTED_H
#define FILTER_WANTED_H

#include <stdbool.h>

#include "base/slice.h"
#include "filter/path.h"

struct table;

struct wanted {
	struct table *children; /* owned; name → owned struct wanted, or NULL */
	bool whole;    /* a path ends here: all that is below is kept */
	bool numbered; /* a child's name may pick an array's element */
	void *mark;    /* the caller's own; it frees it */
};

struct wanted *wanted_new(void);
void wanted_free(struct wanted **w);
/* Where the path ends. */
struct wanted *wanted_add(struct wanted *w, const struct path *path);
/* All that other asks for too; its marks are left behind. */
void wanted_merge(struct wanted *w, const struct wanted *other);
const struct wanted *wanted_child(const struct wanted *w, struct slice name);
/* Every node, in any order. */
void wanted_each(struct wanted *w, void (*visit)(struct wanted *node));

#endif
