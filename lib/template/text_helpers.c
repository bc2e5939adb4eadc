/*
 * text_helpers - texts in other letters, widths and parts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Places and widths count Unicode characters.
 */
#include "template/call.h"
#include "template/chars.h"
#include "template/tables.h"

#define ELLIPSIS "..."

static struct slice behind(struct slice text, size_t n)
{
	return slice_bytes(text.p + n, text.n - n);
}

static const struct value *in_case(struct helper_call *call, enum chars_case to)
{
	struct buf out;

	call_begin(call, &out);
	chars_append(&out, call_subject(call), to);
	return call_end(call, &out);
}

static const struct value *upper(struct helper_call *call)
{
	return in_case(call, CHARS_UPPER);
}

static const struct value *lower(struct helper_call *call)
{
	return in_case(call, CHARS_LOWER);
}

static const struct value *capitalize_first(struct helper_call *call)
{
	return in_case(call, CHARS_TITLE);
}

static const struct value *capitalize(struct helper_call *call)
{
	struct buf out;

	call_begin(call, &out);
	chars_capitalize(&out, call_subject(call),
			 call_option_true(call, "fully"));
	return call_end(call, &out);
}

static const struct value *trim(struct helper_call *call)
{
	return call_give(call, chars_trim(call_subject(call)));
}

static const struct value *substitute(struct helper_call *call,
				      struct slice from, struct slice to)
{
	struct slice text = call_text(call, 0);
	struct buf out;

	call_begin(call, &out);
	while (from.n > 0 && text.n > 0 && !buf_full(&out)) {
		const char *at = memmem(text.p, text.n, from.p, from.n);
		size_t n = at ? (size_t)(at - text.p) : text.n;

		buf_append(&out, text.p, n);
		if (at)
			buf_append_slice(&out, to);
		text = behind(text, at ? n + from.n : n);
	}
	buf_append_slice(&out, text);
	return call_end(call, &out);
}

static const struct value *cut(struct helper_call *call)
{
	struct slice what = call_text(call, 1);

	if (call->n_args < 2)
		what = SLICE_LIT(" ");
	return substitute(call, what, SLICE_LIT(""));
}

static const struct value *replace(struct helper_call *call)
{
	return substitute(call, call_text(call, 1), call_text(call, 2));
}

/* A place of an argument; what lies outside of the text is its nearest end. */
static bool place(const struct helper_call *call, size_t i, size_t missing,
		  size_t *at)
{
	const struct value *v = call_arg(call, i);
	long n;

	*at = missing;
	if (v->kind == VALUE_NULL)
		return true;
	if (!call_whole(v, &n))
		return false;
	*at = n < 0 ? 0 : (size_t)n;
	return true;
}

static const struct value *substring(struct helper_call *call)
{
	struct slice text = call_text(call, 0);
	size_t start, end;

	if (!place(call, 1, 0, &start) || !place(call, 2, text.n, &end))
		return call_fail(call, "substring: a place is no number");
	if (end <= start)
		return call_give(call, SLICE_LIT(""));
	text = behind(text, chars_bytes(text, start));
	text.n = chars_bytes(text, end - start);
	return call_give(call, text);
}

static const struct value *abbreviate(struct helper_call *call)
{
	struct slice text = call_text(call, 0);
	struct buf out;
	long width;

	if (!call_whole(call_arg(call, 1), &width) || width < 4)
		return call_fail(call,
				 "abbreviate: the width is no number from 4");
	if (chars_bytes(text, (size_t)width) == text.n)
		return call_give(call, text);
	call_begin(call, &out);
	buf_append(&out, text.p,
		   chars_bytes(text, (size_t)width - strlen(ELLIPSIS)));
	buf_append_str(&out, ELLIPSIS);
	return call_end(call, &out);
}

/* Bytes of the letters in front. */
static size_t letters(struct slice text)
{
	size_t n = 0;

	while (n < text.n && chars_is_letter(behind(text, n)))
		n += chars_first(behind(text, n));
	return n;
}

/* Letters stay, spaces become hyphens, the rest goes. */
static const struct value *slugify(struct helper_call *call)
{
	struct slice text = chars_trim(call_subject(call));
	struct buf out;

	call_begin(call, &out);
	while (text.n > 0 && !buf_full(&out)) {
		size_t n = letters(text);

		chars_append(&out, slice_bytes(text.p, n), CHARS_LOWER);
		if (n == 0 && chars_is_space(text))
			buf_append_char(&out, '-');
		text = behind(text, n > 0 ? n : chars_first(text));
	}
	return call_end(call, &out);
}

static void fill(struct buf *out, struct slice pad, size_t n)
{
	struct slice left = pad;

	for (; n > 0 && !buf_full(out); n--) {
		size_t bytes = chars_first(left);

		buf_append(out, left.p, bytes);
		left = left.n > bytes ? behind(left, bytes) : pad;
	}
}

/* left_of says how much of the room is filled on the left, in halves. */
static const struct value *justify(struct helper_call *call, size_t left_halves)
{
	struct slice text = call_text(call, 0);
	struct slice pad = call_option_text(call, "pad", " ");
	size_t room = 0, n = chars_count(text);
	struct buf out;
	long size;

	if (!call_whole(call_either(call, "size", 1), &size))
		return call_fail(call, "size= is no number");
	if (pad.n == 0)
		pad = SLICE_LIT(" ");
	if (size > 0 && (size_t)size > n)
		room = (size_t)size - n;
	call_begin(call, &out);
	fill(&out, pad, room * left_halves / 2);
	buf_append_slice(&out, text);
	fill(&out, pad, room - room * left_halves / 2);
	return call_end(call, &out);
}

static const struct value *center(struct helper_call *call)
{
	return justify(call, 1);
}

static const struct value *ljust(struct helper_call *call)
{
	return justify(call, 0);
}

static const struct value *rjust(struct helper_call *call)
{
	return justify(call, 2);
}

static const struct value *strip_tags(struct helper_call *call)
{
	struct slice text = call_subject(call);
	struct buf out;

	call_begin(call, &out);
	while (text.n > 0) {
		const char *open = memchr(text.p, '<', text.n);
		size_t n = open ? (size_t)(open - text.p) : text.n;
		const char *close = open ? memchr(open, '>', text.n - n) : NULL;

		buf_append(&out, text.p, close ? n : text.n);
		n = close ? (size_t)(close - text.p) + 1 : text.n;
		text = behind(text, n);
	}
	return call_end(call, &out);
}

static void escape(struct buf *out, char c)
{
	switch (c) {
	case '&':
		buf_append_str(out, "&amp;");
		return;
	case '<':
		buf_append_str(out, "&lt;");
		return;
	case '>':
		buf_append_str(out, "&gt;");
		return;
	case '"':
		buf_append_str(out, "&quot;");
		return;
	case '\'':
		buf_append_str(out, "&#x27;");
		return;
	default:
		buf_append_char(out, c);
	}
}

/* The result has markup in it, so what was not escaped before is here. */
static const struct value *breaklines(struct helper_call *call)
{
	struct slice text = call_subject(call);
	struct buf out;

	call_begin(call, &out);
	for (size_t i = 0; i < text.n && !buf_full(&out); i++) {
		if (text.p[i] == '\r' && i + 1 < text.n &&
		    text.p[i + 1] == '\n')
			continue;
		if (text.p[i] == '\n')
			buf_append_str(&out, "<br/>");
		else if (call->block)
			buf_append_char(&out, text.p[i]);
		else
			escape(&out, text.p[i]);
	}
	call->raw = true;
	return call_end(call, &out);
}

const struct helper text_helpers[] = {
    {"abbreviate", abbreviate, 2, 2, HELPER_INLINE},
    {"breaklines", breaklines, 0, 1, HELPER_TEXT},
    {"capitalize", capitalize, 0, 1, HELPER_TEXT},
    {"capitalizeFirst", capitalize_first, 0, 1, HELPER_TEXT},
    {"center", center, 1, 2, HELPER_INLINE},
    {"cut", cut, 1, 2, HELPER_INLINE},
    {"ljust", ljust, 1, 2, HELPER_INLINE},
    {"lower", lower, 0, 1, HELPER_TEXT},
    {"replace", replace, 2, 3, HELPER_INLINE},
    {"rjust", rjust, 1, 2, HELPER_INLINE},
    {"slugify", slugify, 0, 1, HELPER_TEXT},
    {"stripTags", strip_tags, 0, 1, HELPER_TEXT},
    {"substring", substring, 1, 3, HELPER_INLINE},
    {"trim", trim, 0, 1, HELPER_TEXT},
    {"upper", upper, 0, 1, HELPER_TEXT},
    {0},
};
