/*
 * jsonpath - queries of JSON values, by RFC 9535.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a path is made of; how it is read stands in parse.h, and how it is
 * followed in run.h.
 */
#include "jsonpath/jsonpath.h"

#include <stdlib.h>

#include "base/mem.h"
#include "jsonpath/parse.h"
#include "jsonpath/run.h"

struct jsonpath {
	struct arena arena; /* of the query and its text */
	struct query query;
	struct expr *regexps; /* those that have one */
};

static bool check_text(struct slice text, struct jsonpath_fault *fault)
{
	fault->position = 1;
	fault->text = text.n > JSONPATH_TEXT_MAX ? "the path is too long"
		      : !slice_is_utf8(text)	 ? "the path is no UTF-8"
						 : NULL;
	return !fault->text;
}

static bool parse_all(struct jsonpath *path, struct slice text,
		      struct jsonpath_fault *fault)
{
	char *copy = arena_alloc(&path->arena, text.n);
	struct parse p = {.text = slice_bytes(copy, text.n),
			  .arena = &path->arena,
			  .regexps = &path->regexps,
			  .fault = fault};

	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	if (parse_peek(&p) != '$')
		return parse_fault(&p, "a path starts with $");
	if (!parse_query(&p, &path->query))
		return false;
	return p.at == text.n || parse_fault(&p, "a segment is missing");
}

struct jsonpath *jsonpath_compile(struct slice text,
				  struct jsonpath_fault *fault)
{
	struct jsonpath *path;

	if (!check_text(text, fault))
		return NULL;
	path = xcalloc(1, sizeof(*path));
	if (!parse_all(path, text, fault))
		jsonpath_free(&path);
	return path;
}

void jsonpath_free(struct jsonpath **p)
{
	if (!*p)
		return;
	for (struct expr *e = (*p)->regexps; e; e = e->next_regexp)
		iregexp_free(&e->regexp);
	arena_fini(&(*p)->arena);
	free(*p);
	*p = NULL;
}

bool jsonpath_is_singular(const struct jsonpath *p)
{
	return p->query.singular;
}

static struct run begin(const struct value *root, struct arena *arena)
{
	return (struct run){.root = root,
			    .arena = arena,
			    .steps = JSONPATH_STEPS_MAX,
			    .effort = RUN_EFFORT_MAX};
}

static enum jsonpath_found result(const struct run *run, size_t n)
{
	if (run->ended)
		return JSONPATH_LIMIT;
	return n == 0 ? JSONPATH_NONE : n == 1 ? JSONPATH_ONE : JSONPATH_MANY;
}

enum jsonpath_found jsonpath_all(const struct jsonpath *p,
				 const struct value *root, struct arena *arena,
				 struct jsonpath_nodes *out)
{
	struct run run = begin(root, arena);
	struct nodes nodes;

	run_query(&run, &p->query, root, &nodes);
	*out = (struct jsonpath_nodes){0};
	if (!run.ended) {
		out->list = nodes.list;
		out->n = nodes.n;
	}
	return result(&run, nodes.n);
}

enum jsonpath_found jsonpath_one(const struct jsonpath *p,
				 const struct value *root, struct arena *arena,
				 const struct value **out)
{
	struct run run = begin(root, arena);
	struct nodes nodes;
	size_t n;

	if (p->query.singular) {
		*out = run_singular(&run, &p->query, root);
		n = *out ? 1 : 0;
	} else {
		run_query(&run, &p->query, root, &nodes);
		n = nodes.n;
		*out = n == 1 ? nodes.list[0] : NULL;
	}
	if (run.ended)
		*out = NULL;
	return result(&run, n);
}
