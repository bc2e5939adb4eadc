/*
 * fields - what the keys of a message may be, and the body made of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fields.h"

#include "base/clock.h"
#include "base/text.h"
#include "proto/messages.h"

#define USER_BYTES_MAX 1024
#define IDEM_CHARACTERS_MAX 128
#define TIME_BYTES_MAX 64
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

bool fields_wrong(struct draft *d)
{
	return draft_refuse(d, FAULT_INVALID_EVENT, "must be %s",
			    kind_names[rules[d->field].kind]);
}

bool fields_string(struct draft *d, struct slice s)
{
	const struct field_rule *rule = &rules[d->field];

	if (rule->kind != KIND_STRING)
		return fields_wrong(d);
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

bool fields_number(struct draft *d, struct slice text)
{
	if (rules[d->field].kind != KIND_NUMBER)
		return fields_wrong(d);
	if (!slice_parse_u64(text, &d->expires_in_ms) ||
	    d->expires_in_ms == 0 || d->expires_in_ms > EXPIRES_MS_MAX)
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "must be a whole number from 1 to %llu",
				    (unsigned long long)EXPIRES_MS_MAX);
	return true;
}

bool fields_begin(struct draft *d)
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

bool fields_key(struct draft *d, struct slice key)
{
	if (!find_field(key, &d->field))
		return draft_refuse(d, FAULT_INVALID_EVENT, "unknown key");
	if (has(d, d->field))
		return draft_refuse(d, FAULT_INVALID_EVENT, "key given twice");
	d->seen |= 1U << d->field;
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
	/* A full buffer lacks what the values say it has. */
	if (buf_full(&d->text))
		return draft_refuse_at(d, FAULT_TOO_LARGE, "",
				       "too large as JSON");
	if (!has(d, FIELD_PROJECT) && d->path_project.n == 0)
		return draft_refuse_at(d, FAULT_INVALID_EVENT, "project",
				       "is missing");
	if (!has(d, FIELD_EVENT_NAME))
		return draft_refuse_at(d, FAULT_INVALID_EVENT, "eventName",
				       "is missing");
	if (!has(d, FIELD_EMAIL) && !has(d, FIELD_USER_ID))
		return draft_refuse_at(d, FAULT_INVALID_EVENT, "email",
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

bool fields_end(struct draft *d)
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
	    e->body.n > BODY_BYTES_MAX)
		return draft_refuse_at(d, FAULT_TOO_LARGE, "",
				       "too large as JSON");
	d->depth = 0;
	d->n++;
	return true;
}

bool fields_map(struct draft *d)
{
	if (rules[d->field].kind != KIND_MAP)
		return fields_wrong(d);
	d->values[d->field].at = d->raw ? d->token_start : d->text.n;
	return true;
}

void fields_map_end(struct draft *d)
{
	struct span *s = &d->values[d->field];

	s->n = (d->raw ? d->token_end : d->text.n) - s->at;
}
