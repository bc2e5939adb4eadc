/*
 * number_helpers - arithmetic, and numbers as people read them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>

#include "template/call.h"
#include "template/number_format.h"
#include "template/tables.h"

/* An option that counts places; where it is missing *places stays. */
static bool places_option(const struct helper_call *call, const char *name,
			  int *places)
{
	const struct value *v = helper_option(call, name);
	long n;

	if (!v)
		return true;
	if (!call_whole(v, &n) || n < 0 || n > NUMBER_PLACES_MAX)
		return false;
	*places = (int)n;
	return true;
}

/* The number an argument is or spells, as a value. */
static const struct value *number_of(struct helper_call *call,
				     const struct value *v)
{
	double number;

	if (v->kind == VALUE_WHOLE)
		return v;
	return call_number(v, &number) ? value_new_number(call->arena, number)
				       : NULL;
}

/* With as many places as scale= says, also where they are zeros. */
static const struct value *scaled(struct helper_call *call,
				  const struct value *number)
{
	struct number_format f = {.whole_min = 1, .rounding = ROUND_HALF_UP};
	struct buf out;
	struct value *v;

	if (!helper_option(call, "scale"))
		return number;
	if (!places_option(call, "scale", &f.places_max))
		return call_fail(call, "math: scale= is no number of places");
	f.places_min = f.places_max;
	buf_init(&out, 1024);
	number_format_print(&out, &f, number);
	v = arena_alloc(call->arena, sizeof(*v));
	*v = (struct value){.text = value_keep(call->arena, &out)};
	value_set_number(v, v->text);
	return v;
}

static bool calculate(double a, char operation, double b, double *result)
{
	switch (operation) {
	case '+':
		*result = a + b;
		return true;
	case '-':
		*result = a - b;
		return true;
	case '*':
		*result = a * b;
		return true;
	case '/':
		*result = a / b;
		return b != 0;
	case '%':
		*result = fmod(a, b);
		return b != 0;
	case '^':
		*result = pow(a, b);
		return true;
	default:
		return false;
	}
}

static const struct value *math(struct helper_call *call)
{
	struct slice operation = call_text(call, 1);
	double a, b, result;

	if (!call_number(call_arg(call, 0), &a) ||
	    !call_number(call_arg(call, 2), &b))
		return call_fail(call, "math takes two numbers");
	if (operation.n != 1 || !strchr("+-*/%^", operation.p[0]) ||
	    !operation.p[0])
		return call_fail(call, "math knows + - * / % and ^");
	if (!calculate(a, operation.p[0], b, &result))
		return call_fail(call, "math: division by zero");
	if (!isfinite(result))
		return call_fail(call, "math: the result is no number");
	return scaled(call, value_new_number(call->arena, result));
}

/* Where only one end is given the other one yields, as in Java. */
static bool places_options(const struct helper_call *call,
			   struct number_format *f)
{
	int most = -1, least = -1;

	if (!places_option(call, "maximumFractionDigits", &most) ||
	    !places_option(call, "maxFractionDigits", &most) ||
	    !places_option(call, "minimumFractionDigits", &least) ||
	    !places_option(call, "minFractionDigits", &least) ||
	    !places_option(call, "minimumIntegerDigits", &f->whole_min))
		return false;
	if (most >= 0) {
		f->places_max = most;
		if (f->places_min > most)
			f->places_min = most;
	}
	if (least >= 0) {
		f->places_min = least;
		if (f->places_max < least)
			f->places_max = least;
	}
	return true;
}

static bool other_options(const struct helper_call *call,
			  struct number_format *f)
{
	struct slice rounding = call_option_text(call, "roundingMode", "");

	if (helper_option(call, "groupingUsed"))
		f->group = call_option_true(call, "groupingUsed") ? 3 : 0;
	return rounding.n == 0 || number_rounding_parse(&f->rounding, rounding);
}

static const struct value *number_format(struct helper_call *call)
{
	const struct value *v = call_arg(call, 0);
	const struct value *format = call_either(call, "format", 1);
	struct number_format f;
	struct buf out;

	if (v->kind == VALUE_NULL || (v->kind == VALUE_STRING && !v->text.n))
		return call_give(call, SLICE_LIT(""));
	v = number_of(call, v);
	if (!v)
		return call_fail(call, "numberFormat: the value is no number");
	if (!number_format_parse(&f, value_text(format, call->arena)))
		return call_fail(call, "numberFormat: unknown format");
	if (!places_options(call, &f) || !other_options(call, &f))
		return call_fail(call, "numberFormat: an option is not valid");
	call_begin(call, &out);
	number_format_print(&out, &f, v);
	return call_end(call, &out);
}

const struct helper number_helpers[] = {
    {"math", math, 3, 3, HELPER_INLINE},
    {"numberFormat", number_format, 1, 3, HELPER_INLINE},
    {0},
};
