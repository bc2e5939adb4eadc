/*
 * call - the functions of a filter (RFC 9535, 2.4).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/mem.h"
#include "jsonpath/run.h"

#define BYTES_PER_STEP 64
/* Of a match, beside what its pattern does; more when it is compiled first. */
#define MATCH_STEPS 10
#define COMPILE_STEPS 100

/* Of Unicode scalar values. */
static int64_t characters(struct slice s)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static const struct value *number(struct value *room, int64_t n)
{
	*room = (struct value){.kind = VALUE_WHOLE, .whole = n};
	return room;
}

static const struct value *length(struct run *run, const struct value *v,
				  struct value *room)
{
	int64_t n = 0;

	if (!v)
		return NULL;
	if (v->kind == VALUE_STRING) {
		run_spend(run, v->text.n / BYTES_PER_STEP);
		return number(room, characters(v->text));
	}
	if (v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT)
		return NULL;
	for (const struct value *c = v->first; c && run_spend(run, 1);
	     c = c->next)
		n++;
	return number(room, n);
}

const struct value *run_call_value(struct run *run, const struct expr *e,
				   const struct value *at, struct value *room)
{
	const struct value *v;
	struct value inner;
	struct nodes nodes;

	if (!run_spend(run, 1))
		return NULL;
	if (e->function == CALL_LENGTH) {
		v = run_value(run, e->left, at, &inner);
		return length(run, v, room);
	}
	run_query(run, &e->left->query, at, &nodes);
	if (e->function == CALL_COUNT)
		return number(room, (int64_t)nodes.n);
	return nodes.n == 1 ? nodes.list[0] : NULL;
}

static bool match(struct run *run, const struct iregexp *r,
		  struct slice subject)
{
	enum iregexp_found found;

	/* A pattern that is none matches nothing. */
	if (!r || !run_spend(run, MATCH_STEPS + subject.n / BYTES_PER_STEP))
		return false;
	found = iregexp_match(r, subject, &run->effort);
	if (found == IREGEXP_LIMIT)
		run->ended = true;
	return found == IREGEXP_YES;
}

/* Nothing, and what is no string, matches nothing. */
bool run_call_test(struct run *run, const struct expr *e,
		   const struct value *at)
{
	struct value rooms[2];
	const struct value *subject = run_value(run, e->left, at, &rooms[0]);
	const struct value *pattern = run_value(run, e->right, at, &rooms[1]);
	struct iregexp *r;
	bool matches;

	if (!subject || !pattern || subject->kind != VALUE_STRING ||
	    pattern->kind != VALUE_STRING)
		return false;
	if (e->right->kind == EXPR_LITERAL)
		return match(run, e->regexp, subject->text);
	if (!run_spend(run, COMPILE_STEPS))
		return false;
	r = iregexp_compile(pattern->text, e->function == CALL_MATCH);
	matches = match(run, r, subject->text);
	iregexp_free(&r);
	return matches;
}
