/*
 * loose - whether two values are equal to JavaScript's ==.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/loose.h"

#include <math.h>
#include <stdlib.h>

#include "template/space.h"

#define NUMBER_BYTES_MAX 400

static double number_of_text(struct slice text)
{
	char copy[NUMBER_BYTES_MAX];
	char *end;
	double number;

	text = space_trim_end(space_skip(text));
	if (text.n == 0)
		return 0;
	if (!slice_cstr(copy, sizeof(copy), text))
		return NAN;
	number = strtod(copy, &end);
	return *end ? NAN : number;
}

static double number_of(const struct value *v)
{
	switch (v->kind) {
	case VALUE_TRUE:
		return 1;
	case VALUE_FALSE:
		return 0;
	case VALUE_WHOLE:
		return (double)v->whole;
	case VALUE_REAL:
		return v->real;
	case VALUE_STRING:
		return number_of_text(v->text);
	default:
		return NAN;
	}
}

bool loose_equal(const struct value *a, const struct value *b)
{
	if (a == b)
		return true;
	if (!value_is_scalar(a) || !value_is_scalar(b))
		return false;
	if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
		return a->kind == b->kind;
	if (a->kind == VALUE_STRING && b->kind == VALUE_STRING)
		return slice_eq(a->text, b->text);
	return number_of(a) == number_of(b);
}
