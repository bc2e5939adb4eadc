/*
 * parse - the place in a path's text, and what every rule of the grammar needs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only for the modules of this folder. Each rule starts at its first byte and
 * leaves the place behind its last; false: the fault is set.
 */
#ifndef JSONPATH_PARSE_H
#define JSONPATH_PARSE_H

#include "filter/arena.h"
#include "jsonpath/jsonpath.h"
#include "jsonpath/query.h"

struct parse {
	struct slice text;
	size_t at;
	unsigned nesting;
	struct arena *arena;   /* borrowed; of what is built */
	struct expr **regexps; /* where the next one is linked */
	struct jsonpath_fault *fault;
};

/* Sets the fault, at the place; always false. */
bool parse_fault(struct parse *p, const char *text);
/* NUL at the end; no rule takes one. */
char parse_peek(const struct parse *p);
bool parse_take(struct parse *p, const char *token);
void parse_space(struct parse *p);
/* One level deeper, up to the limit; out by p->nesting--. */
bool parse_nest(struct parse *p);
/* Zeroed, from the arena. */
void *parse_new(struct parse *p, size_t size);

bool parse_int(struct parse *p, int64_t *out);
bool parse_number(struct parse *p, struct value *out);
/* In either quotes. */
bool parse_string(struct parse *p, struct slice *out);

/* With its $ or @. */
bool parse_query(struct parse *p, struct query *out);
bool parse_filter(struct parse *p, struct expr **out);

#endif
