/*
 * select - from nodes to nodes, segment by segment.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jsonpath/run.h"

#define NODES_MIN 8

bool run_spend(struct run *run, size_t steps)
{
	if (run->ended || steps > run->steps) {
		run->ended = true;
		return false;
	}
	run->steps -= steps;
	return true;
}

static void grow(struct run *run, struct nodes *out)
{
	size_t size = out->size ? out->size * 2 : NODES_MIN;
	const struct value **list =
	    arena_alloc(run->arena, size * sizeof(*list));

	if (out->n > 0)
		memcpy(list, out->list, out->n * sizeof(*list));
	out->list = list;
	out->size = size;
}

static void push(struct run *run, struct nodes *out, const struct value *v)
{
	if (run->ended)
		return;
	if (out->n == JSONPATH_NODES_MAX) {
		run->ended = true;
		return;
	}
	if (out->n == out->size)
		grow(run, out);
	out->list[out->n++] = v;
}

static bool is_container(const struct value *v)
{
	return v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT;
}

static const struct value *by_name(struct run *run, const struct value *v,
				   struct slice name)
{
	const struct value *m = v->kind == VALUE_OBJECT ? v->first : NULL;

	while (m && run_spend(run, 1) && !slice_eq(m->key, name))
		m = m->next;
	return run->ended ? NULL : m;
}

/* Elements are linked, so their number is what walking there costs. */
static int64_t length(struct run *run, const struct value *array)
{
	int64_t n = 0;

	for (const struct value *e = array->first; e && run_spend(run, 1);
	     e = e->next)
		n++;
	return n;
}

static const struct value *by_index(struct run *run, const struct value *v,
				    int64_t index)
{
	const struct value *e;

	if (v->kind != VALUE_ARRAY)
		return NULL;
	if (index < 0)
		index += length(run, v);
	if (index < 0)
		return NULL;
	e = v->first;
	while (e && run_spend(run, 1) && index-- > 0)
		e = e->next;
	return run->ended ? NULL : e;
}

static int64_t clamp(int64_t n, int64_t low, int64_t high)
{
	return n < low ? low : n > high ? high : n;
}

/* Where it begins and ends in an array of so many (RFC 9535, 2.3.4.2.2). */
static void bounds(const struct range *r, int64_t count, int64_t *start,
		   int64_t *end)
{
	int64_t low = r->step > 0 ? 0 : -1;
	int64_t high = r->step > 0 ? count : count - 1;

	*start = !r->has_start	? (r->step > 0 ? low : high)
		 : r->start < 0 ? r->start + count
				: r->start;
	*end = !r->has_end  ? (r->step > 0 ? high : low)
	       : r->end < 0 ? r->end + count
			    : r->end;
	*start = clamp(*start, low, high);
	*end = clamp(*end, low, high);
}

static void backwards(struct run *run, const struct nodes *part, int64_t step,
		      struct nodes *out)
{
	for (size_t left = part->n; left > 0 && run_spend(run, 1);) {
		push(run, out, part->list[left - 1]);
		left = (int64_t)left > step ? left - (size_t)step : 0;
	}
}

/* A step back goes over a list of what is between the bounds. */
static void by_range(struct run *run, const struct value *v,
		     const struct range *r, struct nodes *out)
{
	struct nodes part = {0};
	int64_t start, end, i = 0;

	if (v->kind != VALUE_ARRAY || r->step == 0)
		return;
	bounds(r, length(run, v), &start, &end);
	for (const struct value *e = v->first; e && run_spend(run, 1);
	     e = e->next, i++) {
		if (r->step < 0 && i > end && i <= start)
			push(run, &part, e);
		if (r->step > 0 && i >= start && i < end &&
		    (i - start) % r->step == 0)
			push(run, out, e);
	}
	if (r->step < 0)
		backwards(run, &part, -r->step, out);
}

static void children(struct run *run, const struct selector *s,
		     const struct value *v, struct nodes *out)
{
	if (!is_container(v))
		return;
	for (const struct value *c = v->first; c && run_spend(run, 1);
	     c = c->next)
		if (s->kind == SELECT_ALL || run_test(run, s->filter, c))
			push(run, out, c);
}

static void apply(struct run *run, const struct segment *segment,
		  const struct value *v, struct nodes *out)
{
	for (const struct selector *s = segment->selectors; s; s = s->next) {
		const struct value *one = NULL;

		if (!run_spend(run, 1))
			return;
		switch (s->kind) {
		case SELECT_NAME:
			one = by_name(run, v, s->name);
			break;
		case SELECT_INDEX:
			one = by_index(run, v, s->index);
			break;
		case SELECT_SLICE:
			by_range(run, v, &s->range, out);
			break;
		case SELECT_ALL:
		case SELECT_FILTER:
			children(run, s, v, out);
			break;
		}
		if (one)
			push(run, out, one);
	}
}

/* A value before what is in it; as deep as a document may be. */
static void descend(struct run *run, const struct segment *segment,
		    const struct value *v, struct nodes *out)
{
	if (!run_spend(run, 1))
		return;
	apply(run, segment, v, out);
	if (!is_container(v))
		return;
	for (const struct value *c = v->first; c && !run->ended; c = c->next)
		descend(run, segment, c, out);
}

void run_query(struct run *run, const struct query *q, const struct value *at,
	       struct nodes *out)
{
	struct nodes from, to = {0};

	push(run, &to, q->relative ? at : run->root);
	for (const struct segment *s = q->segments; s; s = s->next) {
		from = to;
		to = (struct nodes){0};
		for (size_t i = 0; i < from.n && !run->ended; i++) {
			if (s->descendant)
				descend(run, s, from.list[i], &to);
			else
				apply(run, s, from.list[i], &to);
		}
	}
	*out = to;
}

const struct value *run_singular(struct run *run, const struct query *q,
				 const struct value *at)
{
	const struct value *v = q->relative ? at : run->root;

	for (const struct segment *s = q->segments; s && v; s = s->next) {
		if (!run_spend(run, 1))
			return NULL;
		v = s->selectors->kind == SELECT_NAME
			? by_name(run, v, s->selectors->name)
			: by_index(run, v, s->selectors->index);
	}
	return v;
}
