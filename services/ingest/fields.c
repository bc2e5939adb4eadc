/*
 * fields - what the keys of a message may be.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fields.h"

#include "base/clock.h"
#include "proto/messages.h"

#define USER_BYTES_MAX 1024
#define IDEM_CHARACTERS_MAX 128
#define TIME_BYTES_MAX 64
#define WORD_BYTES_MAX 32
#define WEBHOOK_BYTES_MAX 128
#define JOURNEY_BYTES_MAX 256
#define EXPIRES_MS_MAX UINT64_C(315360000000) /* ten years */

enum field_kind { KIND_STRING, KIND_NUMBER, KIND_MAP };

struct field_rule {
	const char *name;
	enum field_kind kind;
	size_t bytes_max;
};

static const struct field_rule rules[FIELD_N] = {
    [FIELD_OP] = {"op", KIND_STRING, WORD_BYTES_MAX},
    [FIELD_PROJECT] = {"project", KIND_STRING, PROJECT_BYTES_MAX},
    [FIELD_EVENT_NAME] = {"eventName", KIND_STRING, EVENT_NAME_BYTES_MAX},
    [FIELD_EMAIL] = {"email", KIND_STRING, USER_BYTES_MAX},
    [FIELD_USER_ID] = {"userId", KIND_STRING, USER_BYTES_MAX},
    [FIELD_DATA_FIELDS] = {"dataFields", KIND_MAP, 0},
    [FIELD_ID] = {"id", KIND_STRING, IDEM_CHARACTERS_MAX * 4},
    [FIELD_CREATED_AT] = {"createdAt", KIND_STRING, TIME_BYTES_MAX},
    [FIELD_ORDERING_KEY] = {"orderingKey", KIND_STRING, ORDERING_KEY_BYTES_MAX},
    [FIELD_EXPIRES_IN_MS] = {"expiresInMs", KIND_NUMBER, 0},
    [FIELD_WEBHOOK] = {"webhook", KIND_STRING, WEBHOOK_BYTES_MAX},
    [FIELD_TILE] = {"tile", KIND_STRING, WORD_BYTES_MAX},
    [FIELD_JOURNEY_ID] = {"journeyId", KIND_STRING, JOURNEY_BYTES_MAX},
    [FIELD_PATH_ID] = {"pathId", KIND_STRING, ORDERING_KEY_BYTES_MAX},
    [FIELD_PROFILE] = {"profile", KIND_MAP, 0},
    [FIELD_EVENT] = {"event", KIND_MAP, 0},
    [FIELD_PARAMS] = {"params", KIND_MAP, PARAMS_BYTES_MAX},
    [FIELD_REPLY] = {"reply", KIND_STRING, WORD_BYTES_MAX},
};

static const char *const kind_names[] = {
    [KIND_STRING] = "text", [KIND_NUMBER] = "a number", [KIND_MAP] = "a map"};

struct slice fields_value(const struct draft *d, enum draft_field field)
{
	const struct span *s = &d->values[field];
	const char *base =
	    d->raw && rules[field].kind == KIND_MAP ? d->in.p : d->text.p;

	return (struct slice){base + s->at, s->n};
}

const char *fields_name(enum draft_field field)
{
	return rules[field].name;
}

bool fields_is_map(enum draft_field field)
{
	return rules[field].kind == KIND_MAP;
}

void fields_keep(struct draft *d, enum draft_field field, struct slice s)
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
	for (int i = 0; i < OPS_N; i++) {
		if (slice_eq_str(s, request_op_name((enum request_op)i))) {
			d->op = (enum request_op)i;
			return true;
		}
	}
	return draft_refuse(d, FAULT_INVALID_EVENT, "unknown op");
}

/* What ends a path is an op, no tile. */
static bool check_tile(struct draft *d, struct slice s)
{
	if (tile_find(s, &d->tile))
		return true;
	return draft_refuse(d, FAULT_INVALID_EVENT,
			    "must be webhook, userProfile or liveData");
}

static bool check_reply(struct draft *d, struct slice s)
{
	d->wants_result = slice_eq_str(s, "result");
	if (d->wants_result || slice_eq_str(s, "feed"))
		return true;
	return draft_refuse(d, FAULT_INVALID_EVENT, "must be feed or result");
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
	case FIELD_TILE:
		return check_tile(d, s);
	case FIELD_REPLY:
		return check_reply(d, s);
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
	fields_keep(d, d->field, s);
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
	d->op = OP_EVENT;
	d->tile = TILE_webhook;
	d->wants_result = false;
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
	if (fields_has(d, d->field))
		return draft_refuse(d, FAULT_INVALID_EVENT, "key given twice");
	d->seen |= 1U << d->field;
	return true;
}

bool fields_map(struct draft *d)
{
	if (rules[d->field].kind != KIND_MAP)
		return fields_wrong(d);
	d->values[d->field].at = d->raw ? d->token_start : d->text.n;
	return true;
}

bool fields_map_end(struct draft *d)
{
	struct span *s = &d->values[d->field];
	size_t most = rules[d->field].bytes_max;

	s->n = (d->raw ? d->token_end : d->text.n) - s->at;
	if (most > 0 && s->n > most)
		return draft_refuse(d, FAULT_INVALID_EVENT,
				    "must be at most %zu bytes of JSON", most);
	return true;
}

bool fields_may_nest(struct draft *d)
{
	if (d->field != FIELD_PARAMS)
		return true;
	return draft_refuse(d, FAULT_INVALID_EVENT,
			    "must be text, a number, true or false");
}
