/*
 * filter - which messages a webhook wants, beyond their names.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Evaluates a compiled filter. As deep as FILTER_DEPTH_MAX allows.
 */
#include "filter/filter.h"

#include <stdlib.h>

#include "filter/program.h"

static bool is_in(const struct value *v, const struct value *list)
{
	for (const struct value *one = list->first; one; one = one->next)
		if (value_equal(v, one))
			return true;
	return false;
}

static bool has_order(const struct condition *c, const struct value *v)
{
	int order;

	if (!value_order(v, &c->operand, &order))
		return false;
	switch (c->kind) {
	case CONDITION_GT:
		return order > 0;
	case CONDITION_GTE:
		return order >= 0;
	case CONDITION_LT:
		return order < 0;
	default:
		return order <= 0;
	}
}

/* At its beginning or at its end. */
static bool has_edge(const struct condition *c, const struct value *v)
{
	struct slice edge = c->operand.text;
	const char *at;

	if (v->kind != VALUE_STRING || v->text.n < edge.n)
		return false;
	at = v->text.p;
	if (c->kind == CONDITION_SUFFIX)
		at += v->text.n - edge.n;
	return slice_eq(slice_bytes(at, edge.n), edge);
}

static bool contains(const struct condition *c, const struct value *v)
{
	const struct value *part = &c->operand;

	if (v->kind == VALUE_ARRAY)
		return is_in(part, v);
	return v->kind == VALUE_STRING && part->kind == VALUE_STRING &&
	       (part->text.n == 0 || memmem(v->text.p, v->text.n, part->text.p,
					    part->text.n) != NULL);
}

static bool holds_for(const struct condition *c, const struct value *v)
{
	switch (c->kind) {
	case CONDITION_IN:
		return is_in(v, &c->operand);
	case CONDITION_PREFIX:
	case CONDITION_SUFFIX:
		return has_edge(c, v);
	default:
		return has_order(c, v);
	}
}

/* Of an array, itself or one of its elements. */
static bool holds_at(void *arg, const struct value *v)
{
	const struct condition *c = arg;

	if (c->kind == CONDITION_EXISTS)
		return true;
	if (c->kind == CONDITION_CONTAINS)
		return contains(c, v);
	if (holds_for(c, v))
		return true;
	if (v->kind == VALUE_ARRAY)
		for (v = v->first; v; v = v->next)
			if (holds_for(c, v))
				return true;
	return false;
}

static bool holds(const struct condition *c, const struct value *message)
{
	const struct condition *part = c->parts;

	switch (c->kind) {
	case CONDITION_AND:
		while (part && holds(part, message))
			part = part->next;
		return !part;
	case CONDITION_OR:
		while (part && !holds(part, message))
			part = part->next;
		return part != NULL;
	case CONDITION_NOT:
		return !holds(part, message);
	default:
		return path_any(&c->path, message, holds_at, (void *)c);
	}
}

bool filter_holds(const struct filter *f, const struct value *message)
{
	return holds(f->all, message);
}

bool filter_is_empty(const struct filter *f)
{
	return !f->all->parts;
}

void filter_free(struct filter **f)
{
	if (!*f)
		return;
	arena_fini(&(*f)->arena);
	free(*f);
	*f = NULL;
}
