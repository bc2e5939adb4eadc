/*
 * logic_helpers - comparisons, and what is taken where nothing is there.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>

#include "template/call.h"
#include "template/regex.h"
#include "template/tables.h"

/* As a block the truth of it counts; printed, it may be given words. */
static const struct value *choose(struct helper_call *call, bool holds)
{
	const struct value *word = helper_option(call, holds ? "yes" : "no");

	return word && !call->block ? word : value_bool(holds);
}

static bool is_number(const struct value *v)
{
	return v->kind == VALUE_WHOLE || v->kind == VALUE_REAL;
}

/* By value; loosely, a text that spells a number is that number. */
static bool equal(const struct value *a, const struct value *b, bool loosely)
{
	double x, y;

	if (value_equal(a, b))
		return true;
	return loosely && (is_number(a) || is_number(b)) &&
	       call_number(a, &x) && call_number(b, &y) && x == y;
}

/* Two texts by bytes, or as numbers when both are and numbers goes first.
 * False: they have no order. */
static bool order(const struct helper_call *call, bool numbers, int *order)
{
	const struct value *a = call_arg(call, 0), *b = call_arg(call, 1);
	double x, y;

	if ((numbers || a->kind != b->kind) &&
	    !(is_number(a) && is_number(b)) && call_number(a, &x) &&
	    call_number(b, &y)) {
		*order = (x > y) - (x < y);
		return true;
	}
	return value_order(a, b, order);
}

static const struct value *eq(struct helper_call *call)
{
	return choose(call, equal(call_arg(call, 0), call_arg(call, 1), false));
}

static const struct value *neq(struct helper_call *call)
{
	return choose(call,
		      !equal(call_arg(call, 0), call_arg(call, 1), false));
}

static const struct value *if_eq(struct helper_call *call)
{
	return choose(call, equal(call_arg(call, 0), call_arg(call, 1), true));
}

static const struct value *if_not_eq(struct helper_call *call)
{
	return choose(call, !equal(call_arg(call, 0), call_arg(call, 1), true));
}

static const struct value *gt(struct helper_call *call)
{
	int o;

	return choose(call, order(call, false, &o) && o > 0);
}

static const struct value *gte(struct helper_call *call)
{
	int o;

	return choose(call, order(call, false, &o) && o >= 0);
}

static const struct value *lt(struct helper_call *call)
{
	int o;

	return choose(call, order(call, false, &o) && o < 0);
}

static const struct value *lte(struct helper_call *call)
{
	int o;

	return choose(call, order(call, false, &o) && o <= 0);
}

static const struct value *if_gt(struct helper_call *call)
{
	int o;

	return choose(call, order(call, true, &o) && o > 0);
}

static const struct value *if_gte(struct helper_call *call)
{
	int o;

	return choose(call, order(call, true, &o) && o >= 0);
}

static const struct value *if_lt(struct helper_call *call)
{
	int o;

	return choose(call, order(call, true, &o) && o < 0);
}

static const struct value *if_lte(struct helper_call *call)
{
	int o;

	return choose(call, order(call, true, &o) && o <= 0);
}

static const struct value *if_mod_eq(struct helper_call *call)
{
	double a, b, rest;

	if (!call_number(call_arg(call, 0), &a) ||
	    !call_number(call_arg(call, 1), &b) ||
	    !call_number(call_arg(call, 2), &rest))
		return choose(call, false);
	return choose(call, b != 0 && fmod(a, b) == rest);
}

static const struct value *and_all(struct helper_call *call)
{
	bool all = call->n_args > 0;

	for (size_t i = 0; i < call->n_args; i++)
		all = all && value_is_true(call->args[i]);
	return choose(call, all);
}

static const struct value *or_any(struct helper_call *call)
{
	bool any = false;

	for (size_t i = 0; i < call->n_args; i++)
		any = any || value_is_true(call->args[i]);
	return choose(call, any);
}

static const struct value *not_true(struct helper_call *call)
{
	return choose(call, !value_is_true(call_arg(call, 0)));
}

static bool contains_text(const struct helper_call *call)
{
	struct slice text = call_text(call, 0), part = call_text(call, 1);

	return part.n == 0 ||
	       (text.n > 0 && memmem(text.p, text.n, part.p, part.n));
}

static const struct value *if_contains_str(struct helper_call *call)
{
	return choose(call, contains_text(call));
}

static const struct value *contains(struct helper_call *call)
{
	const struct value *list = call_arg(call, 0);

	if (list->kind != VALUE_ARRAY)
		return choose(call, contains_text(call));
	for (const struct value *v = list->first; v; v = v->next) {
		if (equal(v, call_arg(call, 1), true))
			return choose(call, true);
	}
	return choose(call, false);
}

static const struct value *if_matches(struct helper_call *call)
{
	const char *error = NULL;
	bool matches =
	    regex_matches(call_text(call, 1), call_text(call, 0), &error);

	return error ? call_fail(call, error) : choose(call, matches);
}

static bool is_there(const struct value *v)
{
	return v->kind != VALUE_NULL &&
	       !(v->kind == VALUE_STRING && v->text.n == 0);
}

/* The first that will do, else the last. */
static const struct value *first(const struct helper_call *call,
				 bool will_do(const struct value *))
{
	for (size_t i = 0; i + 1 < call->n_args; i++) {
		if (will_do(call->args[i]))
			return call->args[i];
	}
	return call->n_args > 0 ? call->args[call->n_args - 1]
				: value_missing();
}

static const struct value *default_there(struct helper_call *call)
{
	return first(call, is_there);
}

static const struct value *default_if_empty(struct helper_call *call)
{
	return first(call, value_is_true);
}

static const struct value *word(struct helper_call *call, const char *name)
{
	const struct value *v = helper_option(call, name);

	return v ? v : value_new_text(call->arena, slice_of(name));
}

static const struct value *yesno(struct helper_call *call)
{
	const struct value *v = call_arg(call, 0);

	if (v->kind == VALUE_NULL)
		return word(call, "maybe");
	return word(call, value_is_true(v) ? "yes" : "no");
}

const struct helper logic_helpers[] = {
    {"and", and_all, 0, 255, HELPER_CHOICE},
    {"contains", contains, 2, 2, HELPER_CHOICE},
    {"default", default_there, 1, 255, HELPER_INLINE},
    {"defaultIfEmpty", default_if_empty, 1, 255, HELPER_INLINE},
    {"eq", eq, 1, 2, HELPER_CHOICE},
    {"gt", gt, 1, 2, HELPER_CHOICE},
    {"gte", gte, 1, 2, HELPER_CHOICE},
    {"ifContains", contains, 2, 2, HELPER_CHOICE},
    {"ifContainsStr", if_contains_str, 2, 2, HELPER_CHOICE},
    {"ifEq", if_eq, 1, 2, HELPER_CHOICE},
    {"ifGt", if_gt, 1, 2, HELPER_CHOICE},
    {"ifGte", if_gte, 1, 2, HELPER_CHOICE},
    {"ifLt", if_lt, 1, 2, HELPER_CHOICE},
    {"ifLte", if_lte, 1, 2, HELPER_CHOICE},
    {"ifMatchesRegexStr", if_matches, 2, 2, HELPER_CHOICE},
    {"ifModEq", if_mod_eq, 3, 3, HELPER_CHOICE},
    {"ifNotEq", if_not_eq, 1, 2, HELPER_CHOICE},
    {"lt", lt, 1, 2, HELPER_CHOICE},
    {"lte", lte, 1, 2, HELPER_CHOICE},
    {"ne", neq, 1, 2, HELPER_CHOICE},
    {"neq", neq, 1, 2, HELPER_CHOICE},
    {"not", not_true, 1, 1, HELPER_CHOICE},
    {"or", or_any, 0, 255, HELPER_CHOICE},
    {"yesno", yesno, 1, 1, HELPER_INLINE},
    {0},
};
