/*
 * jsonpath - queries of JSON values, by RFC 9535.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A compiled path is never changed again: it is good for every value, and for
 * any number of them. Knows nothing of where values come from.
 */
#ifndef JSONPATH_JSONPATH_H
#define JSONPATH_JSONPATH_H

#include "filter/value.h"

/* Of the text, in bytes. */
#define JSONPATH_TEXT_MAX 512
/* Filters, parentheses and function calls inside one another. */
#define JSONPATH_NESTING_MAX 32
/* Values looked at, and comparisons made, by one query. */
#define JSONPATH_STEPS_MAX 100000
/* Nodes of a list, also of those on the way. */
#define JSONPATH_NODES_MAX 10000

struct jsonpath;

struct jsonpath_fault {
	size_t position;  /* in the text, in bytes from 1 */
	const char *text; /* static */
};

enum jsonpath_found {
	JSONPATH_NONE,
	JSONPATH_ONE,
	JSONPATH_MANY,
	JSONPATH_LIMIT /* too many steps, or too many nodes on the way */
};

struct jsonpath_nodes {
	const struct value **list; /* in the arena */
	size_t n;
};

/* NULL: fault tells why and where. */
struct jsonpath *jsonpath_compile(struct slice text,
				  struct jsonpath_fault *fault);
void jsonpath_free(struct jsonpath **p);
/* True when no value whatever has more than one node for it. */
bool jsonpath_is_singular(const struct jsonpath *p);
/* *out is the node when there is just one, else NULL. It is a view of root. */
enum jsonpath_found jsonpath_one(const struct jsonpath *p,
				 const struct value *root, struct arena *arena,
				 const struct value **out);
/* All nodes in the order of the RFC, and as often as it counts them; at
 * JSONPATH_LIMIT there are none. */
enum jsonpath_found jsonpath_all(const struct jsonpath *p,
				 const struct value *root, struct arena *arena,
				 struct jsonpath_nodes *out);

#endif
