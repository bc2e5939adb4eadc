/*
 * values - the values that templates make, and how a value is printed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/values.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "filter/value_print.h"

/* Documents are less deep; what helpers put around them is not deep either. */
#define DEPTH_MAX 200

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
		value_print_number(v, out);
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
	value_print(v, &b);
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
