/*
 * test - whether a filter's condition holds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/mem.h"
#include "jsonpath/run.h"

/* One step for a stretch of bytes that are looked at. */
#define BYTES_PER_STEP 64

const struct value *run_value(struct run *run, const struct expr *e,
			      const struct value *at, struct value *room)
{
	switch (e->kind) {
	case EXPR_LITERAL:
		return &e->literal;
	case EXPR_QUERY:
		return run_singular(run, &e->query, at);
	case EXPR_CALL:
		return run_call_value(run, e, at, room);
	default:
		must(!"an operand");
		return NULL;
	}
}

static bool equal(struct run *run, const struct value *a,
		  const struct value *b);

static bool arrays_equal(struct run *run, const struct value *a,
			 const struct value *b)
{
	a = a->first;
	b = b->first;
	while (a && b && equal(run, a, b)) {
		a = a->next;
		b = b->next;
	}
	return !a && !b;
}

static size_t count(struct run *run, const struct value *container)
{
	size_t n = 0;

	for (const struct value *v = container->first; v && run_spend(run, 1);
	     v = v->next)
		n++;
	return n;
}

/* What has the same order is found at once. */
static bool objects_equal(struct run *run, const struct value *a,
			  const struct value *b)
{
	const struct value *guess = b->first;

	if (count(run, a) != count(run, b))
		return false;
	for (const struct value *m = a->first; m; m = m->next) {
		const struct value *other = guess;

		if (!other || !slice_eq(other->key, m->key))
			other = b->first;
		while (other && run_spend(run, 1) &&
		       !slice_eq(other->key, m->key))
			other = other->next;
		if (!other || !equal(run, m, other))
			return false;
		guess = other->next;
	}
	return true;
}

/* As value_equal(), but what it costs is counted. */
static bool equal(struct run *run, const struct value *a, const struct value *b)
{
	if (!run_spend(run, 1) || a->kind != b->kind)
		return false;
	if (a->kind == VALUE_STRING && a->text.n == b->text.n)
		run_spend(run, a->text.n / BYTES_PER_STEP);
	if (a->kind == VALUE_ARRAY)
		return arrays_equal(run, a, b);
	if (a->kind == VALUE_OBJECT)
		return objects_equal(run, a, b);
	return value_equal(a, b);
}

/* Whether a is below b. */
static bool less(struct run *run, const struct value *a, const struct value *b)
{
	int order;

	if (!a || !b || !run_spend(run, 1))
		return false;
	if (a->kind == VALUE_STRING && b->kind == VALUE_STRING)
		run_spend(run, a->text.n / BYTES_PER_STEP);
	return value_order(a, b, &order) && order < 0;
}

/* Either may be NULL. */
static bool holds(struct run *run, enum comparison how, const struct value *a,
		  const struct value *b)
{
	bool same = false;

	/* Nothing is equal to nothing. */
	if (how != LESS && how != GREATER)
		same = a && b ? equal(run, a, b) : a == b;
	switch (how) {
	case EQUAL:
		return same;
	case NOT_EQUAL:
		return !same;
	case LESS:
	case LESS_EQUAL:
		return same || less(run, a, b);
	case GREATER:
	case GREATER_EQUAL:
		return same || less(run, b, a);
	}
	return false;
}

static bool compare(struct run *run, const struct expr *e,
		    const struct value *at)
{
	struct value rooms[2];
	const struct value *a = run_value(run, e->left, at, &rooms[0]);
	const struct value *b = run_value(run, e->right, at, &rooms[1]);

	return holds(run, e->comparison, a, b);
}

static bool exists(struct run *run, const struct query *q,
		   const struct value *at)
{
	struct nodes nodes;

	if (q->singular)
		return run_singular(run, q, at);
	run_query(run, q, at, &nodes);
	return nodes.n > 0;
}

bool run_test(struct run *run, const struct expr *e, const struct value *at)
{
	if (!run_spend(run, 1))
		return false;
	switch (e->kind) {
	case EXPR_OR:
		return run_test(run, e->left, at) ||
		       run_test(run, e->right, at);
	case EXPR_AND:
		return run_test(run, e->left, at) &&
		       run_test(run, e->right, at);
	case EXPR_NOT:
		return !run_test(run, e->left, at);
	case EXPR_COMPARE:
		return compare(run, e, at);
	case EXPR_QUERY:
		return exists(run, &e->query, at);
	case EXPR_CALL:
		return run_call_test(run, e, at);
	case EXPR_LITERAL:
		break;
	}
	must(!"a condition");
	return false;
}
