/*
 * list_helpers - lists: their size, their ends, to text and from it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/call.h"
#include "template/chars.h"
#include "template/tables.h"

/* An element takes more memory than a character does. */
#define PARTS_MAX 10000

static size_t count(const struct value *container)
{
	size_t n = 0;

	for (const struct value *v = container->first; v; v = v->next)
		n++;
	return n;
}

/* Of a list or an object its members, of anything else its characters. */
static const struct value *size(struct helper_call *call)
{
	const struct value *v = call_arg(call, 0);
	size_t n =
	    value_is_scalar(v) ? chars_count(call_text(call, 0)) : count(v);

	return value_new_number(call->arena, (double)n);
}

static const struct value *first(struct helper_call *call)
{
	const struct value *v = call_arg(call, 0);
	struct slice text;

	if (v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT)
		return v->first ? v->first : value_missing();
	text = call_text(call, 0);
	return call_give(call, slice_bytes(text.p, chars_first(text)));
}

static const struct value *last(struct helper_call *call)
{
	const struct value *v = call_arg(call, 0);
	struct slice text;
	size_t n;

	if (v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT) {
		n = count(v);
		return n > 0 ? value_at(v, n - 1) : value_missing();
	}
	text = call_text(call, 0);
	n = chars_count(text);
	n = n > 0 ? chars_bytes(text, n - 1) : 0;
	return call_give(call, slice_bytes(text.p + n, text.n - n));
}

static void join_list(struct buf *out, const struct value *list,
		      struct slice between)
{
	for (const struct value *v = list->first; v && !buf_full(out);
	     v = v->next) {
		value_put_text(out, v);
		if (v->next)
			buf_append_slice(out, between);
	}
}

static void join_args(struct buf *out, const struct helper_call *call,
		      struct slice between)
{
	for (size_t i = 0; i + 1 < call->n_args && !buf_full(out); i++) {
		if (i > 0)
			buf_append_slice(out, between);
		value_put_text(out, call->args[i]);
	}
}

/* {{join list ", "}} or {{join a b c ", "}}. */
static const struct value *join(struct helper_call *call)
{
	const struct value *list = call_arg(call, 0);
	struct slice between = SLICE_LIT(", ");
	struct buf out;

	if (!value_is_true(list))
		return call_give(call, SLICE_LIT(""));
	if (call->n_args > 1)
		between = call_text(call, call->n_args - 1);
	call_begin(call, &out);
	buf_append_slice(&out, call_option_text(call, "prefix", ""));
	if (list->kind == VALUE_ARRAY)
		join_list(&out, list, between);
	else if (call->n_args == 1)
		value_put_text(&out, list);
	else
		join_args(&out, call, between);
	buf_append_slice(&out, call_option_text(call, "suffix", ""));
	return call_end(call, &out);
}

/* Bytes before the next separator; without one between any two characters. */
static size_t next_part(struct slice text, struct slice between)
{
	const char *at;

	if (between.n == 0)
		return chars_first(text);
	at = text.n > 0 ? memmem(text.p, text.n, between.p, between.n) : NULL;
	return at ? (size_t)(at - text.p) : text.n;
}

static const struct value *split(struct helper_call *call)
{
	struct slice text = call_text(call, 0), between = SLICE_LIT(",");
	struct value *list = value_new_array(call->arena), *last_one = NULL;
	size_t left = text.n + 1;

	if (text.n > call->bytes_left)
		return call_fail(call, "the result is too large");
	if (call->n_args > 1)
		between = call_text(call, 1);
	if (text.n == 0)
		return list;
	for (size_t parts = 0; left > 0; parts++) {
		size_t n = next_part(text, between);
		size_t step = n + between.n;
		const struct value part = {.kind = VALUE_STRING,
					   .text = slice_bytes(text.p, n)};

		if (parts == PARTS_MAX)
			return call_fail(call, "split: too many parts");
		value_add(call->arena, list, &last_one, &part);
		/* A separator at the end has an empty part behind it. */
		left = n < text.n ? text.n - n : 0;
		step = step < text.n ? step : text.n;
		text = slice_bytes(text.p + step, text.n - step);
	}
	return list;
}

const struct helper list_helpers[] = {
    {"first", first, 1, 1, HELPER_INLINE},
    {"join", join, 1, 255, HELPER_INLINE},
    {"last", last, 1, 1, HELPER_INLINE},
    {"length", size, 1, 1, HELPER_INLINE},
    {"size", size, 1, 1, HELPER_INLINE},
    {"split", split, 1, 2, HELPER_INLINE},
    {0},
};
