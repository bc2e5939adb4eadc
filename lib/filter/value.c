/*
 * value - a JSON value, of a message or of a filter, and how two compare.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "filter/value.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

#define NUMBER_BYTES_MAX 512
/* 2^63: the first double above every whole number, and the last negated. */
#define WHOLE_END 9223372036854775808.0

static bool parse_whole(struct slice s, int64_t *out)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t n;

	if (!slice_parse_u64(slice_bytes(s.p + minus, s.n - minus), &n) ||
	    n > (uint64_t)INT64_MAX + minus)
		return false;
	/* Of the least one only the negated form has room. */
	*out = !minus ? (int64_t)n : n ? -(int64_t)(n - 1) - 1 : 0;
	return true;
}

void value_set_real(struct value *v, double real)
{
	if (real >= -WHOLE_END && real < WHOLE_END &&
	    (double)(int64_t)real == real) {
		v->kind = VALUE_WHOLE;
		v->whole = (int64_t)real;
	} else {
		v->kind = VALUE_REAL;
		v->real = real;
	}
}

void value_set_number(struct value *v, struct slice text)
{
	char copy[NUMBER_BYTES_MAX];
	char *all;

	if (parse_whole(text, &v->whole)) {
		v->kind = VALUE_WHOLE;
	} else if (slice_cstr(copy, sizeof(copy), text)) {
		value_set_real(v, strtod(copy, NULL));
	} else {
		all = slice_dup(text);
		value_set_real(v, strtod(all, NULL));
		free(all);
	}
}

/* Names of one length mostly differ at their ends: field1, field2. */
static bool is_key(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || (a.p[a.n - 1] == b.p[a.n - 1] &&
					   memcmp(a.p, b.p, a.n) == 0));
}

const struct value *value_member(const struct value *object, struct slice key)
{
	const struct value *v = object->first;

	while (v && !is_key(v->key, key))
		v = v->next;
	return v;
}

const struct value *value_at(const struct value *array, size_t index)
{
	const struct value *v = array->first;

	while (v && index-- > 0)
		v = v->next;
	return v;
}

static bool arrays_equal(const struct value *a, const struct value *b)
{
	a = a->first;
	b = b->first;
	while (a && b && value_equal(a, b)) {
		a = a->next;
		b = b->next;
	}
	return !a && !b;
}

static size_t count(const struct value *container)
{
	size_t n = 0;

	for (const struct value *v = container->first; v; v = v->next)
		n++;
	return n;
}

/* No name is there twice, so as many of them and each found is enough. What has
 * the same order is found at once. */
static bool objects_equal(const struct value *a, const struct value *b)
{
	const struct value *guess = b->first;

	if (count(a) != count(b))
		return false;
	for (const struct value *m = a->first; m; m = m->next) {
		const struct value *other = guess;

		if (!other || !slice_eq(other->key, m->key))
			other = value_member(b, m->key);
		if (!other || !value_equal(m, other))
			return false;
		guess = other->next;
	}
	return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_WHOLE:
		return a->whole == b->whole;
	case VALUE_REAL:
		return a->real == b->real;
	case VALUE_STRING:
		return slice_eq(a->text, b->text);
	case VALUE_ARRAY:
		return arrays_equal(a, b);
	case VALUE_OBJECT:
		return objects_equal(a, b);
	default:
		return true;
	}
}

static int order_texts(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* real is not whole, or beyond all that are. */
static int order_mixed(int64_t whole, double real)
{
	int64_t below;

	if (real >= WHOLE_END)
		return -1;
	if (real < -WHOLE_END)
		return 1;
	below = (int64_t)real; /* towards 0 */
	if (whole != below)
		return whole < below ? -1 : 1;
	return real > (double)below ? -1 : 1;
}

bool value_order(const struct value *a, const struct value *b, int *order)
{
	if (a->kind == VALUE_STRING && b->kind == VALUE_STRING)
		*order = order_texts(a->text, b->text);
	else if (a->kind == VALUE_WHOLE && b->kind == VALUE_WHOLE)
		*order = (a->whole > b->whole) - (a->whole < b->whole);
	else if (a->kind == VALUE_REAL && b->kind == VALUE_REAL)
		*order = (a->real > b->real) - (a->real < b->real);
	else if (a->kind == VALUE_WHOLE && b->kind == VALUE_REAL)
		*order = order_mixed(a->whole, b->real);
	else if (a->kind == VALUE_REAL && b->kind == VALUE_WHOLE)
		*order = -order_mixed(b->whole, a->real);
	else
		return false;
	return true;
}

bool value_is_scalar(const struct value *v)
{
	return v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT;
}

uint64_t value_hash(const struct value *v)
{
	struct slice bytes = SLICE_LIT("");

	must(value_is_scalar(v));
	if (v->kind == VALUE_WHOLE)
		bytes = slice_bytes(&v->whole, sizeof(v->whole));
	else if (v->kind == VALUE_REAL)
		bytes = slice_bytes(&v->real, sizeof(v->real));
	else if (v->kind == VALUE_STRING)
		bytes = v->text;
	/* So that null, false and "" are not all the same. */
	return hash_bytes(bytes) + (uint64_t)v->kind;
}
