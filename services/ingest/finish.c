/*
 * finish - a message at its end: what it lacks, what its op does not have, and
 * the body made of it. SPDX-License-Identifier: Apache-2.0
 */
#include "finish.h"

#include <stdio.h>

#include "base/text.h"
#include "proto/messages.h"

#include "fields.h"

#define BIT(name) (1U << FIELD_##name)
#define BITS_OF_ALL (BIT(OP) | BIT(PROJECT) | BIT(ID) | BIT(CREATED_AT))
#define BITS_OF_USER (BIT(EMAIL) | BIT(USER_ID))

/* By op, a bit for each field. */
static const struct op_rule {
	unsigned allowed, required, one_of; /* one_of: at least one of these */
} ops[OPS_N] = {
    [OP_EVENT] = {BITS_OF_ALL | BITS_OF_USER | BIT(EVENT_NAME) |
		      BIT(DATA_FIELDS) | BIT(ORDERING_KEY) | BIT(EXPIRES_IN_MS),
		  BIT(EVENT_NAME), BITS_OF_USER},
    [OP_CALL] = {BITS_OF_ALL | BITS_OF_USER | BIT(WEBHOOK) | BIT(TILE) |
		     BIT(JOURNEY_ID) | BIT(PATH_ID) | BIT(PROFILE) |
		     BIT(EVENT) | BIT(PARAMS) | BIT(REPLY) | BIT(EXPIRES_IN_MS),
		 BIT(WEBHOOK) | BIT(JOURNEY_ID) | BIT(PATH_ID), BITS_OF_USER},
    [OP_EXIT] = {BITS_OF_ALL | BIT(PATH_ID), BIT(PATH_ID), 0},
};

static const char *first_name(unsigned bits)
{
	int field = 0;

	while (!(bits >> field & 1))
		field++;
	return fields_name((enum draft_field)field);
}

static bool check_keys(struct draft *d)
{
	const struct op_rule *rule = &ops[d->op];
	unsigned strange = d->seen & ~rule->allowed;
	unsigned missing = rule->required & ~d->seen;
	char text[64];

	if (strange) {
		snprintf(text, sizeof(text), "is not for op %s",
			 request_op_name(d->op));
		return draft_refuse_at(d, FAULT_INVALID_EVENT,
				       first_name(strange), text);
	}
	if (!fields_has(d, FIELD_PROJECT) && d->path_project.n == 0)
		return draft_refuse_at(d, FAULT_INVALID_EVENT, "project",
				       "is missing");
	if (missing)
		return draft_refuse_at(d, FAULT_INVALID_EVENT,
				       first_name(missing), "is missing");
	if (rule->one_of && !(d->seen & rule->one_of))
		return draft_refuse_at(d, FAULT_INVALID_EVENT, "email",
				       "email or userId must be given");
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
	return check_keys(d);
}

/* ---- the body ---- */

static void put_key(struct draft *d, enum draft_field field, size_t start)
{
	buf_append_char(&d->bodies, d->bodies.n == start ? '{' : ',');
	buf_append_char(&d->bodies, '"');
	buf_append_str(&d->bodies, fields_name(field));
	buf_append(&d->bodies, "\":", 2);
}

static void put_member(struct draft *d, enum draft_field field, size_t start)
{
	if (!fields_has(d, field))
		return;
	put_key(d, field, start);
	if (fields_is_map(field))
		buf_append_slice(&d->bodies, fields_value(d, field));
	else
		json_quote(&d->bodies, fields_value(d, field));
}

/* A template may count on it. */
static void put_map(struct draft *d, enum draft_field field, size_t start)
{
	if (fields_has(d, field)) {
		put_member(d, field, start);
		return;
	}
	put_key(d, field, start);
	buf_append(&d->bodies, "{}", 2);
}

static void put_event(struct draft *d, size_t start)
{
	put_member(d, FIELD_EMAIL, start);
	put_member(d, FIELD_USER_ID, start);
	put_member(d, FIELD_EVENT_NAME, start);
	put_member(d, FIELD_DATA_FIELDS, start);
}

static void put_call(struct draft *d, size_t start)
{
	put_member(d, FIELD_JOURNEY_ID, start);
	put_member(d, FIELD_PATH_ID, start);
	put_member(d, FIELD_EMAIL, start);
	put_member(d, FIELD_USER_ID, start);
	put_map(d, FIELD_PROFILE, start);
	put_map(d, FIELD_EVENT, start);
}

static struct span write_body(struct draft *d)
{
	size_t start = d->bodies.n;

	if (d->op == OP_EVENT)
		put_event(d, start);
	else if (d->op == OP_CALL)
		put_call(d, start);
	else
		put_member(d, FIELD_PATH_ID, start);
	buf_append_char(&d->bodies, '}');
	return (struct span){start, d->bodies.n - start};
}

/* ---- the event ---- */

static struct span span_of(const struct draft *d, enum draft_field field)
{
	return fields_has(d, field) ? d->values[field] : (struct span){0, 0};
}

static void fill_journey(struct draft *d, struct draft_event *e)
{
	e->ordering_key = span_of(d, FIELD_PATH_ID);
	e->call.tile = TILE_exit;
	if (d->op == OP_EXIT)
		return;
	/* A view of the body would not outlive it. */
	if (d->raw && fields_has(d, FIELD_PARAMS))
		fields_keep(d, FIELD_PARAMS, fields_value(d, FIELD_PARAMS));
	e->call = (struct draft_call){
	    .webhook = span_of(d, FIELD_WEBHOOK),
	    .params = span_of(d, FIELD_PARAMS),
	    .tile = d->tile,
	    .wants_result = d->wants_result,
	};
}

bool finish_message(struct draft *d)
{
	struct draft_event *e = &d->events[d->n];

	if (!check_message(d))
		return false;
	if (!fields_has(d, FIELD_PROJECT)) {
		fields_keep(d, FIELD_PROJECT, d->path_project);
		d->seen |= 1U << FIELD_PROJECT;
	}
	*e = (struct draft_event){
	    .op = d->op,
	    .project = span_of(d, FIELD_PROJECT),
	    .name = span_of(d, FIELD_EVENT_NAME),
	    .idem = span_of(d, FIELD_ID),
	    .ordering_key = span_of(d, FIELD_ORDERING_KEY),
	    .created_ms = d->created_ms,
	    .expires_in_ms = d->expires_in_ms,
	    .body = write_body(d),
	};
	if (d->op != OP_EVENT)
		fill_journey(d, e);
	if (buf_full(&d->text) || buf_full(&d->bodies) ||
	    e->body.n > BODY_BYTES_MAX)
		return draft_refuse_at(d, FAULT_TOO_LARGE, "",
				       "too large as JSON");
	d->calls += d->op == OP_CALL;
	d->depth = 0;
	d->n++;
	return true;
}
