/*
 * path - "dataFields.items.0.sku": where in a message to look.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names are parted by dots, so a key that has a dot in it cannot be addressed.
 * Where the path goes on below an array, it goes on in each of its elements
 * that is an object; a number also picks one element. A path may so lead to
 * several values.
 */
#ifndef FILTER_PATH_H
#define FILTER_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "filter/value.h"

#define PATH_BYTES_MAX 512
#define PATH_PARTS_MAX 32

struct path_part {
	struct slice name;
	bool is_index;
	size_t index;
};

struct path {
	struct path_part *parts; /* in the arena, as their names are */
	size_t n;
};

/* NULL when it is one, else a static text that says why not. */
const char *path_parse(struct path *path, struct slice text,
		       struct arena *arena);
/* A part by itself: whether it picks an element, and which. */
struct path_part path_part(struct slice name);

typedef bool path_test_fn(void *arg, const struct value *v);
/* True as soon as the test is for one of the values that the path leads to. */
bool path_any(const struct path *path, const struct value *message,
	      path_test_fn *test, void *arg);

/* The one value that the path leads to when every array on its way has a number
 * beside it; NULL: none. */
const struct value *path_one(const struct path *path,
			     const struct value *message);

#endif
