/*
 * logic_helpers - comparisons, and what is taken where nothing is there.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/call.h"
#include "template/tables.h"

/* As a block the truth of it counts; printed, it may be given words. */
static const struct value *choose(struct helper_call *call, bool holds)
{
	const struct value *word = helper_option(call, holds ? "yes" : "no");

	return word ? word : value_bool(holds);
}

/* A number and a text that spells it are equal; other kinds never are. */
static bool equal(const struct value *a, const struct value *b)
{
	double x, y;

	if (value_equal(a, b))
		return true;
	if ((a->kind == VALUE_STRING) == (b->kind == VALUE_STRING))
		return false;
	return call_number(a, &x) && call_number(b, &y) && x == y;
}

static const struct value *eq(struct helper_call *call)
{
	return choose(call, equal(call_arg(call, 0), call_arg(call, 1)));
}

static const struct value *neq(struct helper_call *call)
{
	return choose(call, !equal(call_arg(call, 0), call_arg(call, 1)));
}

const struct helper logic_helpers[] = {
    {"eq", eq, 2, 2, HELPER_CHOICE},
    {"ne", neq, 2, 2, HELPER_CHOICE},
    {"neq", neq, 2, 2, HELPER_CHOICE},
    {0},
};
