/*
 * draft - builds events out of values as they are met in a body.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "draft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "proto/messages.h"

#define USER_BYTES_MAX 1024
#define IDEM_CHARACTERS_MAX 128
#define TIME_BYTES_MAX 64
/* Fewer digits than this are finite; more than the other are no number of use.
 */
#define PLAIN_DIGITS_MAX 300
#define NUMBER_BYTES_MAX 1024
#define ONES UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)
#define EXPIRES_MS_MAX UINT64_C(315360000000) /* ten years */

enum field_kind { KIND_STRING, KIND_NUMBER, KIND_MAP };

struct field_rule {
	const char *name;
	enum field_kind kind;
	size_t bytes_max;
};

static const struct field_rule rules[FIELD_N] = {
    [FIELD_OP] = {"op", KIND_STRING, 32},
    [FIELD_PROJECT] = {"project", KIND_STRING, PROJECT_BYTES_MAX},
    [FIELD_EVENT_NAME] = {"eventName", KIND_STRING, EVENT_NAME_BYTES_MAX},
    [FIELD_EMAIL] = {"email", KIND_STRING, USER_BYTES_MAX},
    [FIELD_USER_ID] = {"userId", KIND_STRING, USER_BYTES_MAX},
    [FIELD_DATA_FIELDS] = {"dataFields", KIND_MAP, 0},
    [FIELD_ID] = {"id", KIND_STRING, IDEM_CHARACTERS_MAX * 4},
    [FIELD_CREATED_AT] = {"createdAt", KIND_STRING, TIME_BYTES_MAX},
    [FIELD_ORDERING_KEY] = {"orderingKey", KIND_STRING, ORDERING_KEY_BYTES_MAX},
    [FIELD_EXPIRES_IN_MS] = {"expiresInMs", KIND_NUMBER, 0},
};

static const char *const kind_names[] = {
    [KIND_STRING] = "text", [KIND_NUMBER] = "a number", [KIND_MAP] = "a map"};

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
	d->n = 0;
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

static bool refuse_field(struct draft *d, const char *field, const char *text)
{
	draft_refuse(d, FAULT_INVALID_EVENT, "%s", text);
	d->fault->field[0] = '\0';
	path_add(d->fault, slice_of(field));
	return false;
}

static struct slice value_of(const struct draft *d, enum draft_field field)
{
	const struct span *s = &d->values[field];
	const char *base =
	    field == FIELD_DATA_FIELDS && d->raw ? d->in.p : d->text.p;

	return (struct slice){base + s->at, s->n};
}

static bool has(const struct draft *d, enum draft_field field)
{
	return d->seen >> field & 1;
}

static void keep(struct draft *d, enum draft_field field, struct slice s)
{
	d->values[field] = (struct span){d->text.n, s.n};
	buf_append_slice(&d->text, s);
}

static size_t characters(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

static bool check_op(struct draft *d, struct slice s)
{
	if (slice_eq(s, SLICE_LIT("event")))
		return true;
	if (slice_eq(s, SLICE_LIT("journeyCall")) ||
	    slice_eq(s, SLICE_LIT("journeyExit")))
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "journey calls are not supported yet");
	return draft_refuse(d, FAULT_INVALID_EVENT, "unknown op");
}

/* What a text must be beyond its length. */
static bool check_meaning(struct draft *d, struct slice s)
{
	switch (d->field) {
	case FIELD_OP:
		return check_op(d, s);
	case FIELD_PROJECT:
		if (d->path_project.n > 0 && !slice_eq(s, d->path_project))
			return draft_refuse(d, FAULT_INVALID_EVENT,
					    "is another than the path's");
		return true;
	case FIELD_EVENT_NAME:
		if (s.n > d->limits.event_name_bytes_max)
			return draft_refuse(d, FAULT_INVALID_EVENT,
					    "must be at most %zu bytes",
					    d->limits.event_name_bytes_max);
		return true;
	case FIELD_ID:
		if (characters(s) > IDEM_CHARACTERS_MAX)
			return draft_refuse(d, FAULT_INVALID_EVENT,
					    "must be at most %d characters",
					    IDEM_CHARACTERS_MAX);
		return true;
	case FIELD_CREATED_AT:
		if (rfc3339_parse(s, &d->created_ms) != ERR_OK)
			return draft_refuse(d, FAULT_INVALID_EVENT,
					    "must be a time as of RFC 3339");
		return true;
	default:
		return true;
	}
}

static bool wrong_kind(struct draft *d)
{
	return draft_refuse(d, FAULT_INVALID_EVENT, "must be %s",
			    kind_names[rules[d->field].kind]);
}

static bool set_string(struct draft *d, struct slice s)
{
	const struct field_rule *rule = &rules[d->field];

	if (rule->kind != KIND_STRING)
		return wrong_kind(d);
	if (s.n == 0)
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "must not be empty");
	if (s.n > rule->bytes_max)
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "must be at most %zu bytes",
				    rule->bytes_max);
	if (!check_meaning(d, s))
		return false;
	keep(d, d->field, s);
	return true;
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

static bool set_number(struct draft *d, struct slice text)
{
	if (rules[d->field].kind != KIND_NUMBER)
		return wrong_kind(d);
	if (!slice_parse_u64(text, &d->expires_in_ms) ||
	    d->expires_in_ms == 0 || d->expires_in_ms > EXPIRES_MS_MAX)
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "must be a whole number from 1 to %llu",
				    (unsigned long long)EXPIRES_MS_MAX);
	return true;
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

/* Into dataFields as JSON; false when it is not UTF-8. */
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
		return wrong_kind(d);
	if (!d->raw)
		buf_append_slice(&d->text, text);
	return true;
}

bool draft_number(struct draft *d, struct slice text)
{
	if (!value_begin(d))
		return false;
	if (d->depth == 1)
		return set_number(d, text);
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
	return d->depth == 1 ? set_string(d, s) : true;
}

bool draft_unsupported(struct draft *d)
{
	if (!value_begin(d))
		return false;
	return draft_refuse(d, FAULT_INVALID_EVENT,
			    "is of a type that JSON does not have");
}

static bool message_start(struct draft *d)
{
	if (d->n >= d->limits.events_max)
		return draft_refuse(d, FAULT_TOO_LARGE,
				    "at most %zu messages at a time",
				    d->limits.events_max);
	d->begun = true;
	d->seen = 0;
	d->maps = 0;
	d->created_ms = d->expires_in_ms = 0;
	d->start = d->token_start;
	keyset_reset(&d->keys);
	return true;
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
	return message_start(d) && open_level(d, true);
}

bool draft_map_start(struct draft *d)
{
	if (d->depth == 0)
		return message_open(d);
	if (!value_begin(d))
		return false;
	if (d->depth == 1) {
		if (rules[d->field].kind != KIND_MAP)
			return wrong_kind(d);
		d->values[d->field].at = d->raw ? d->token_start : d->text.n;
	}
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
		return wrong_kind(d);
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

static bool find_field(struct slice key, enum draft_field *field)
{
	for (int i = 0; i < FIELD_N; i++) {
		if (slice_eq_str(key, rules[i].name)) {
			*field = (enum draft_field)i;
			return true;
		}
	}
	return false;
}

static bool message_key(struct draft *d, struct slice key)
{
	if (!find_field(key, &d->field))
		return draft_refuse(d, FAULT_INVALID_EVENT, "unknown key");
	if (has(d, d->field))
		return draft_refuse(d, FAULT_INVALID_EVENT, "key given twice");
	d->seen |= 1U << d->field;
	return true;
}

bool draft_key(struct draft *d, struct slice key)
{
	struct level *l = &d->levels[d->depth];

	level_set_key(d, l, key);
	l->count++;
	if (d->depth == 1)
		return message_key(d, key);
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

static bool check_message(struct draft *d)
{
	if (d->token_end - d->start > d->limits.message_bytes_max) {
		draft_refuse(d, FAULT_TOO_LARGE,
			     "a message must be at most %zu bytes",
			     d->limits.message_bytes_max);
		d->fault->field[0] = '\0';
		return false;
	}
	if (!has(d, FIELD_PROJECT) && d->path_project.n == 0)
		return refuse_field(d, "project", "is missing");
	if (!has(d, FIELD_EVENT_NAME))
		return refuse_field(d, "eventName", "is missing");
	if (!has(d, FIELD_EMAIL) && !has(d, FIELD_USER_ID))
		return refuse_field(d, "email",
				    "email or userId must be given");
	return true;
}

static void body_member(struct draft *d, enum draft_field field, size_t start)
{
	if (!has(d, field))
		return;
	buf_append_char(&d->bodies, d->bodies.n == start ? '{' : ',');
	buf_append_char(&d->bodies, '"');
	buf_append_str(&d->bodies, rules[field].name);
	buf_append(&d->bodies, "\":", 2);
	if (rules[field].kind == KIND_MAP)
		buf_append_slice(&d->bodies, value_of(d, field));
	else
		json_quote(&d->bodies, value_of(d, field));
}

static struct span write_body(struct draft *d)
{
	size_t start = d->bodies.n;

	body_member(d, FIELD_EMAIL, start);
	body_member(d, FIELD_USER_ID, start);
	body_member(d, FIELD_EVENT_NAME, start);
	body_member(d, FIELD_DATA_FIELDS, start);
	buf_append_char(&d->bodies, '}');
	return (struct span){start, d->bodies.n - start};
}

static struct span span_of(const struct draft *d, enum draft_field field)
{
	return has(d, field) ? d->values[field] : (struct span){0, 0};
}

static bool message_end(struct draft *d)
{
	struct draft_event *e = &d->events[d->n];

	if (!check_message(d))
		return false;
	if (!has(d, FIELD_PROJECT)) {
		keep(d, FIELD_PROJECT, d->path_project);
		d->seen |= 1U << FIELD_PROJECT;
	}
	*e = (struct draft_event){
	    .project = span_of(d, FIELD_PROJECT),
	    .name = span_of(d, FIELD_EVENT_NAME),
	    .idem = span_of(d, FIELD_ID),
	    .ordering_key = span_of(d, FIELD_ORDERING_KEY),
	    .created_ms = d->created_ms,
	    .expires_in_ms = d->expires_in_ms,
	    .body = write_body(d),
	};
	if (buf_full(&d->text) || buf_full(&d->bodies) ||
	    e->body.n > BODY_BYTES_MAX) {
		draft_refuse(d, FAULT_TOO_LARGE, "too large as JSON");
		d->fault->field[0] = '\0';
		return false;
	}
	d->depth = 0;
	d->n++;
	return true;
}

bool draft_map_end(struct draft *d)
{
	if (d->depth == 1)
		return message_end(d);
	d->depth--;
	if (!d->raw)
		buf_append_char(&d->text, '}');
	if (d->depth == 1) {
		struct span *s = &d->values[d->field];

		s->n = (d->raw ? d->token_end : d->text.n) - s->at;
	}
	return true;
}
