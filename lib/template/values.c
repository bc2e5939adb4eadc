/*
 * values - the values that templates make, and how a value is printed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/values.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

/* Documents are less deep; what helpers put around them is not deep either. */
#define DEPTH_MAX 200
/* Whole numbers up to here are the same in JavaScript. */
#define EXACT_MAX INT64_C(9007199254740992)
#define DIGITS_MAX 17

static const struct value missing = {.kind = VALUE_NULL};
static const struct value null_value = {.kind = VALUE_NULL};
static const struct value true_value = {.kind = VALUE_TRUE};
static const struct value false_value = {.kind = VALUE_FALSE};

const struct value *value_missing(void)
{
	return &missing;
}

const struct value *value_null(void)
{
	return &null_value;
}

const struct value *value_bool(bool b)
{
	return b ? &true_value : &false_value;
}

bool value_is_true(const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
	case VALUE_FALSE:
		return false;
	case VALUE_WHOLE:
		return v->whole != 0;
	case VALUE_REAL:
		return !isnan(v->real);
	case VALUE_STRING:
		return v->text.n > 0;
	case VALUE_ARRAY:
		return v->first != NULL;
	default:
		return true;
	}
}

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

static void print_number(struct buf *out, const struct value *v)
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

static void print_at(struct buf *out, const struct value *v, unsigned depth);

static void print_elements(struct buf *out, const struct value *array,
			   unsigned depth)
{
	for (const struct value *v = array->first; v && !buf_full(out);
	     v = v->next) {
		print_at(out, v, depth + 1);
		if (v->next)
			buf_append_char(out, ',');
	}
}

static void print_at(struct buf *out, const struct value *v, unsigned depth)
{
	switch (v->kind) {
	case VALUE_NULL:
		return;
	case VALUE_FALSE:
	case VALUE_TRUE:
		buf_append_str(out, v->kind == VALUE_TRUE ? "true" : "false");
		return;
	case VALUE_WHOLE:
	case VALUE_REAL:
		print_number(out, v);
		return;
	case VALUE_STRING:
		buf_append_slice(out, v->text);
		return;
	case VALUE_ARRAY:
		if (depth < DEPTH_MAX)
			print_elements(out, v, depth);
		return;
	case VALUE_OBJECT:
		buf_append_str(out, "[object Object]");
		return;
	}
}

void value_put_text(struct buf *out, const struct value *v)
{
	print_at(out, v, 0);
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
	default:
		print_at(out, v, depth);
	}
}

void value_put_json(struct buf *out, const struct value *v)
{
	json_at(out, v, 0);
}

struct slice value_keep(struct arena *arena, struct buf *b)
{
	char *p = arena_alloc(arena, b->n);
	size_t n = b->n;

	if (n > 0)
		memcpy(p, b->p, n);
	buf_fini(b);
	return slice_bytes(p, n);
}

struct slice value_text(const struct value *v, struct arena *arena)
{
	struct buf b;

	if (v->kind == VALUE_NULL)
		return SLICE_LIT("");
	if (v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT && v->text.n > 0)
		return v->text;
	buf_init(&b, SIZE_MAX);
	value_put_text(&b, v);
	return value_keep(arena, &b);
}

struct slice value_json(const struct value *v, struct arena *arena)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	value_put_json(&b, v);
	return value_keep(arena, &b);
}

static struct value *new_value(struct arena *arena, enum value_kind kind)
{
	struct value *v = arena_alloc(arena, sizeof(*v));

	*v = (struct value){.kind = kind};
	return v;
}

const struct value *value_new_text(struct arena *arena, struct slice text)
{
	struct value *v = new_value(arena, VALUE_STRING);

	v->text = text;
	return v;
}

const struct value *value_new_number(struct arena *arena, double number)
{
	struct value *v = new_value(arena, VALUE_REAL);

	value_set_real(v, number);
	return v;
}

struct value *value_new_array(struct arena *arena)
{
	return new_value(arena, VALUE_ARRAY);
}

void value_add(struct arena *arena, struct value *array, struct value **last,
	       const struct value *element)
{
	struct value *v = new_value(arena, element->kind);

	*v = *element;
	v->next = NULL;
	v->key = SLICE_LIT("");
	if (*last)
		(*last)->next = v;
	else
		array->first = v;
	*last = v;
}
