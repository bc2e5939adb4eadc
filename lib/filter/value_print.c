/*
 * value_print - a value as JSON text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "filter/value_print.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Documents are less deep; what is put around them is not deep either. */
#define DEPTH_MAX 200
/* Whole numbers up to here are the same in JavaScript. */
#define EXACT_MAX INT64_C(9007199254740992)
#define DIGITS_MAX 17

int number_digits(double number, char digits[NUMBER_DIGITS_MAX + 1], int *point)
{
	char text[DIGITS_MAX + 16];
	int n = 0;

	for (int precision = 0; precision < DIGITS_MAX; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, number);
		if (strtod(text, NULL) == number)
			break;
	}
	for (const char *p = text; *p != 'e'; p++) {
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	}
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = 0;
	*point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
	return n;
}

static void append_zeros(struct buf *out, int n)
{
	while (n-- > 0)
		buf_append_char(out, '0');
}

/* ECMA-262, Number::toString. */
static void print_real(struct buf *out, double number)
{
	char digits[NUMBER_DIGITS_MAX + 1];
	int n, point;

	if (isnan(number) || isinf(number)) {
		buf_append_str(out, isnan(number) ? "NaN"
				    : number > 0  ? "Infinity"
						  : "-Infinity");
		return;
	}
	if (number < 0)
		buf_append_char(out, '-');
	n = number_digits(fabs(number), digits, &point);
	if (point > 21 || point < -5) {
		buf_append(out, digits, 1);
		buf_printf(out, "%s%se%+d", n > 1 ? "." : "", digits + 1,
			   point - 1);
	} else if (point <= 0) {
		buf_append_str(out, "0.");
		append_zeros(out, -point);
		buf_append_str(out, digits);
	} else if (n <= point) {
		buf_append_str(out, digits);
		append_zeros(out, point - n);
	} else {
		buf_printf(out, "%.*s.%s", point, digits, digits + point);
	}
}

void value_print_number(const struct value *v, struct buf *out)
{
	if (v->text.n > 0)
		buf_append_slice(out, v->text);
	else if (v->kind == VALUE_REAL)
		print_real(out, v->real);
	else if (v->whole > EXACT_MAX || v->whole < -EXACT_MAX)
		print_real(out, (double)v->whole);
	else
		buf_printf(out, "%" PRId64, v->whole);
}

static void json_at(struct buf *out, const struct value *v, unsigned depth);

static void json_container(struct buf *out, const struct value *container,
			   unsigned depth)
{
	bool object = container->kind == VALUE_OBJECT;

	buf_append_char(out, object ? '{' : '[');
	for (const struct value *v = container->first; v && !buf_full(out);
	     v = v->next) {
		if (object) {
			json_quote(out, v->key);
			buf_append_char(out, ':');
		}
		json_at(out, v, depth + 1);
		if (v->next)
			buf_append_char(out, ',');
	}
	buf_append_char(out, object ? '}' : ']');
}

static void json_at(struct buf *out, const struct value *v, unsigned depth)
{
	switch (v->kind) {
	case VALUE_NULL:
		buf_append_str(out, "null");
		return;
	case VALUE_STRING:
		json_quote(out, v->text);
		return;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		if (depth < DEPTH_MAX)
			json_container(out, v, depth);
		else
			buf_append_str(out, "null");
		return;
	case VALUE_REAL:
		if (isnan(v->real) || isinf(v->real)) {
			buf_append_str(out, "null");
			return;
		}
		/* fall through */
	case VALUE_WHOLE:
		value_print_number(v, out);
		return;
	case VALUE_FALSE:
	case VALUE_TRUE:
		buf_append_str(out, v->kind == VALUE_TRUE ? "true" : "false");
		return;
	}
}

void value_print(const struct value *v, struct buf *out)
{
	json_at(out, v, 0);
}
