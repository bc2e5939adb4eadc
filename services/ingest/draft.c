/*
 * draft - builds events out of values as they are met in a body.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "draft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "proto/messages.h"

#include "fields.h"
#include "finish.h"

/* Fewer digits than this are finite; more than the other are no number of use.
 */
#define PLAIN_DIGITS_MAX 300
#define NUMBER_BYTES_MAX 1024
#define ONES UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

void draft_init(struct draft *d, const struct request_limits *limits)
{
	*d = (struct draft){.limits = *limits};
	keyset_init(&d->keys);
	/* Escapes make a message longer, up to BODY_BYTES_MAX. */
	buf_init(&d->text, 2 * limits->frame_bytes_max);
	buf_init(&d->bodies, 2 * limits->frame_bytes_max + BODY_BYTES_MAX);
	d->events = xcalloc(limits->events_max, sizeof(d->events[0]));
}

void draft_fini(struct draft *d)
{
	keyset_fini(&d->keys);
	buf_fini(&d->text);
	buf_fini(&d->bodies);
	free(d->events);
}

void draft_reset(struct draft *d)
{
	buf_reset(&d->text);
	buf_reset(&d->bodies);
	keyset_reset(&d->keys);
	d->n = d->calls = 0;
	d->batch = d->begun = false;
	d->token_start = d->token_end = 0;
	d->depth = 0;
}

/* Cuts where a character ends. */
static void path_add(struct fault *f, struct slice s)
{
	size_t n = strlen(f->field), room = sizeof(f->field) - 1 - n;
	struct slice part = {s.p, s.n < room ? s.n : room};

	if (s.n > 0 && !slice_is_utf8(s))
		part = SLICE_LIT("?");
	while (part.n < s.n && part.n > 0 && (s.p[part.n] & 0xc0) == 0x80)
		part.n--;
	if (part.n > room)
		return;
	if (part.n > 0)
		memcpy(f->field + n, part.p, part.n);
	f->field[n + part.n] = '\0';
}

static void path_write(const struct draft *d, struct fault *f)
{
	char index[16];

	f->field[0] = '\0';
	for (unsigned i = 1; i <= d->depth; i++) {
		const struct level *l = &d->levels[i];

		if (l->count == 0)
			continue;
		if (!l->map) {
			snprintf(index, sizeof(index), "[%u]", l->count - 1);
			path_add(f, slice_of(index));
			continue;
		}
		if (i > 1)
			path_add(f, SLICE_LIT("."));
		path_add(f, l->key);
	}
}

bool draft_refuse(struct draft *d, enum fault_code code, const char *fmt, ...)
{
	va_list ap;

	*d->fault = (struct fault){.code = code, .index = FAULT_NO_INDEX};
	if (code != FAULT_MALFORMED && d->begun) {
		d->fault->index = (int64_t)d->n;
		path_write(d, d->fault);
	}
	va_start(ap, fmt);
	vsnprintf(d->fault->message, sizeof(d->fault->message), fmt, ap);
	va_end(ap);
	return false;
}

/* 1e999 is a number to JSON and none to most who read it. */
static bool is_finite(struct slice text)
{
	char copy[NUMBER_BYTES_MAX + 1];

	if (text.n < PLAIN_DIGITS_MAX && !memchr(text.p, 'e', text.n) &&
	    !memchr(text.p, 'E', text.n))
		return true;
	return slice_cstr(copy, sizeof(copy), text) &&
	       isfinite(strtod(copy, NULL));
}

/* Where a value may not stand, or what goes in front of it. */
static bool value_begin(struct draft *d)
{
	struct level *l = &d->levels[d->depth];

	if (d->depth == 0 && !d->begun)
		return draft_refuse(d, FAULT_MALFORMED,
				    "must be a map or an array of maps");
	if (d->depth == 0)
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "a message must be a map");
	if (!l->map) {
		if (!d->raw && l->count > 0)
			buf_append_char(&d->text, ',');
		l->count++;
	}
	return true;
}

/* True when some byte of the word is below n, for n up to 128. */
#define HAS_BELOW(word, n) (((word)-ONES * (n)) & ~(word)&HIGH_BITS)

/* ASCII without anything that JSON escapes: most text, eight bytes at a time.
 */
static bool is_plain(struct slice s)
{
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8) {
		uint64_t word;

		memcpy(&word, s.p + i, sizeof(word));
		if ((word & HIGH_BITS) | HAS_BELOW(word, 0x20) |
		    HAS_BELOW(word ^ ONES * '"', 1) |
		    HAS_BELOW(word ^ ONES * '\\', 1))
			return false;
	}
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			return false;
	}
	return true;
}

static void put_plain(struct buf *out, struct slice s)
{
	char *p = buf_reserve(out, s.n + 2);

	if (!p)
		return;
	*p++ = '"';
	memcpy(p, s.p, s.n);
	p[s.n] = '"';
	out->n += s.n + 2;
}

/* Into a map as JSON; false when it is not UTF-8. */
static bool put_text(struct draft *d, struct slice s)
{
	bool plain = is_plain(s);

	if (!plain && !slice_is_utf8(s))
		return false;
	if (d->raw)
		return true;
	if (plain)
		put_plain(&d->text, s);
	else
		json_quote(&d->text, s);
	return true;
}

bool draft_literal(struct draft *d, struct slice text)
{
	if (!value_begin(d))
		return false;
	if (d->depth == 1)
		return fields_wrong(d);
	if (text.p[0] == 'n' && !fields_may_nest(d))
		return false;
	if (!d->raw)
		buf_append_slice(&d->text, text);
	return true;
}

bool draft_number(struct draft *d, struct slice text)
{
	if (!value_begin(d))
		return false;
	if (d->depth == 1)
		return fields_number(d, text);
	if (d->raw && !is_finite(text))
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "is not a finite number");
	if (!d->raw)
		buf_append_slice(&d->text, text);
	return true;
}

bool draft_string(struct draft *d, struct slice s)
{
	if (!value_begin(d))
		return false;
	if (d->depth == 1 ? !slice_is_utf8(s) : !put_text(d, s))
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "is not valid UTF-8");
	return d->depth == 1 ? fields_string(d, s) : true;
}

bool draft_unsupported(struct draft *d)
{
	if (!value_begin(d))
		return false;
	return draft_refuse(d, FAULT_INVALID_EVENT,
			    "is of a type that JSON does not have");
}

bool draft_refuse_at(struct draft *d, enum fault_code code, const char *field,
		     const char *text)
{
	draft_refuse(d, code, "%s", text);
	d->fault->field[0] = '\0';
	path_add(d->fault, slice_of(field));
	return false;
}

static bool open_level(struct draft *d, bool map)
{
	struct level *l;

	if (d->depth == DRAFT_DEPTH_MAX)
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "is nested deeper than %d levels",
				    DRAFT_DEPTH_MAX);
	l = &d->levels[++d->depth];
	l->map = map;
	l->count = 0;
	l->number = d->maps++;
	return true;
}

static bool message_open(struct draft *d)
{
	return fields_begin(d) && open_level(d, true);
}

bool draft_map_start(struct draft *d)
{
	if (d->depth == 0)
		return message_open(d);
	if (!value_begin(d))
		return false;
	if (d->depth == 1 ? !fields_map(d) : !fields_may_nest(d))
		return false;
	if (!d->raw)
		buf_append_char(&d->text, '{');
	return open_level(d, true);
}

bool draft_array_start(struct draft *d)
{
	if (d->depth == 0 && !d->begun) {
		d->begun = d->batch = true;
		return true;
	}
	if (!value_begin(d))
		return false;
	if (d->depth == 1)
		return fields_wrong(d);
	if (!fields_may_nest(d))
		return false;
	if (!d->raw)
		buf_append_char(&d->text, '[');
	return open_level(d, false);
}

bool draft_array_end(struct draft *d)
{
	if (d->depth == 0) {
		if (d->n > 0)
			return true;
		draft_refuse(d, FAULT_INVALID_EVENT,
			     "an array must hold a message");
		d->fault->index = FAULT_NO_INDEX;
		return false;
	}
	d->depth--;
	if (!d->raw)
		buf_append_char(&d->text, ']');
	return true;
}

/* Remembers the key for the path: a view if the body holds it as it is. */
static void level_set_key(struct draft *d, struct level *l, struct slice key)
{
	bool view = key.p >= d->in.p && key.p < d->in.p + d->in.n;

	l->key = key;
	if (!view) {
		l->key.n = key.n < sizeof(l->spare) ? key.n : sizeof(l->spare);
		while (l->key.n < key.n && l->key.n > 0 &&
		       (key.p[l->key.n] & 0xc0) == 0x80)
			l->key.n--;
		memcpy(l->spare, key.p, l->key.n);
		l->key.p = l->spare;
	}
}

bool draft_key(struct draft *d, struct slice key)
{
	struct level *l = &d->levels[d->depth];

	level_set_key(d, l, key);
	l->count++;
	if (d->depth == 1)
		return fields_key(d, key);
	if (!keyset_add(&d->keys, l->number, key))
		return draft_refuse(d, FAULT_INVALID_EVENT, "key given twice");
	if (!d->raw && l->count > 1)
		buf_append_char(&d->text, ',');
	if (!put_text(d, key))
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "a key is not valid UTF-8");
	if (!d->raw)
		buf_append_char(&d->text, ':');
	return true;
}

bool draft_map_end(struct draft *d)
{
	if (d->depth == 1)
		return finish_message(d);
	d->depth--;
	if (!d->raw)
		buf_append_char(&d->text, '}');
	return d->depth > 1 || fields_map_end(d);
}
