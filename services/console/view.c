/*
 * view - records of Redis as JSON, and what of a log entry is settled.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "view.h"

#include "call.h"

#define FRAME_RECORDS_MAX 1000000

json_t *json_id(const char *prefix, struct slice id16)
{
	char text[ID_TEXT_SIZE];
	struct ulid id;

	if (ulid_from_slice(id16, &id) != ERR_OK)
		return json_null();
	return json_string(ulid_format(text, prefix, &id));
}

static json_t *time_or_null(uint64_t ms)
{
	return ms ? json_time(ms) : json_null();
}

static json_t *text_or_null(struct slice s)
{
	return s.n ? json_text(s) : json_null();
}

json_t *json_name(struct slice name)
{
	return text_or_null(name);
}

static json_t *status_or_null(uint64_t status)
{
	return status ? json_integer((json_int_t)status) : json_null();
}

/* The parts that all deliveries begin with. */
static json_t *delivery_head(const struct ulid *id, struct slice event,
			     struct slice webhook, struct slice name)
{
	json_t *d = json_object();

	json_object_set_new(d, "id", json_id("dlv", ulid_slice(id)));
	json_object_set_new(d, "event", json_id("evt", event));
	json_object_set_new(d, "eventName", json_name(name));
	json_object_set_new(d, "webhook", json_id("wh", webhook));
	return d;
}

struct delivery_tail {
	const char *status;
	uint64_t tries, created_ms, next_ms, last_ms, last_status;
	struct slice last_error;
};

static void delivery_tail(json_t *d, const struct delivery_tail *t)
{
	json_object_set_new(d, "status", json_string(t->status));
	json_object_set_new(d, "tries", json_integer((json_int_t)t->tries));
	json_object_set_new(d, "createdAt", json_time(t->created_ms));
	json_object_set_new(d, "nextAttemptAt", time_or_null(t->next_ms));
	json_object_set_new(d, "lastAttemptAt", time_or_null(t->last_ms));
	json_object_set_new(d, "lastStatus", status_or_null(t->last_status));
	json_object_set_new(d, "lastError", text_or_null(t->last_error));
}

json_t *view_delivery(const struct ulid *id, const char *status,
		      const struct msg_delivery *r, uint64_t due_ms)
{
	const struct delivery_tail tail = {
	    .status = status,
	    .tries = r->tries,
	    .created_ms = ulid_wall_ms(id),
	    .next_ms = due_ms,
	    .last_ms = r->last_ms,
	    .last_status = r->last_status,
	    .last_error = r->last_error,
	};
	json_t *d = delivery_head(id, r->event, r->webhook, r->event_name);

	delivery_tail(d, &tail);
	return d;
}

json_t *view_queued(const struct ulid *id, const struct msg_event *event,
		    const struct webhook *w)
{
	const struct delivery_tail tail = {
	    .status = "queued",
	    .created_ms = ulid_wall_ms(id),
	};
	json_t *d =
	    delivery_head(id, event->id, ulid_slice(&w->id), event->name);

	delivery_tail(d, &tail);
	return d;
}

json_t *view_ended(const char *status, const struct msg_attempt *a)
{
	struct delivery_tail tail = {
	    .status = status,
	    .tries = a->attempt,
	    .last_ms = a->started_ms,
	    .last_status = a->status,
	    .last_error = a->error,
	};
	struct ulid id;
	json_t *d;

	if (ulid_from_slice(a->delivery, &id) != ERR_OK)
		return NULL;
	tail.created_ms = ulid_wall_ms(&id);
	d = delivery_head(&id, a->event, a->webhook, a->event_name);
	delivery_tail(d, &tail);
	return d;
}

static json_t *json_ms(uint64_t us)
{
	return json_real((double)us / 1000.0);
}

json_t *view_attempt(const struct msg_attempt *a)
{
	json_t *v = json_object(), *took = json_object();

	json_object_set_new(v, "delivery", json_id("dlv", a->delivery));
	json_object_set_new(v, "event", json_id("evt", a->event));
	json_object_set_new(v, "webhook", json_id("wh", a->webhook));
	json_object_set_new(v, "eventName", json_name(a->event_name));
	json_object_set_new(v, "attempt", json_integer((json_int_t)a->attempt));
	json_object_set_new(v, "outcome",
			    json_string(outcome_name(a->outcome)));
	json_object_set_new(v, "status", status_or_null(a->status));
	json_object_set_new(v, "startedAt", time_or_null(a->started_ms));
	json_object_set_new(took, "wait", json_ms(a->wait_us));
	json_object_set_new(took, "connect", json_ms(a->connect_us));
	json_object_set_new(took, "answer", json_ms(a->answer_us));
	json_object_set_new(took, "total", json_ms(a->total_us));
	json_object_set_new(v, "durationsMs", took);
	json_object_set_new(v, "nextAttemptAt", time_or_null(a->next_ms));
	json_object_set_new(v, "error", text_or_null(a->error));
	json_object_set_new(v, "answer", text_or_null(a->snippet));
	return v;
}

/* What a journey's call has beyond an event's body. */
static void view_call(json_t *v, const struct msg_event *e)
{
	json_t *params = json_loadb(e->params.p ? e->params.p : "", e->params.n,
				    JSON_ALLOW_NUL, NULL);

	if (e->tile == TILE_exit) {
		json_object_set_new(v, "op", json_string("journeyExit"));
		return;
	}
	json_object_set_new(v, "op", json_string("journeyCall"));
	json_object_set_new(v, "webhook", json_id("wh", e->webhook));
	json_object_set_new(v, "tile", json_string(tile_name(e->tile)));
	json_object_set_new(v, "params", params ? params : json_object());
}

json_t *view_event(const struct msg_event *e)
{
	json_t *body = json_loadb(e->body.p, e->body.n, JSON_ALLOW_NUL, NULL);
	json_t *v = json_object();
	struct ulid id;

	json_object_set_new(v, "id", json_id("evt", e->id));
	json_object_set_new(v, "project", json_text(e->project));
	json_object_set_new(v, "eventName", json_name(e->name));
	json_object_set_new(v, "createdAt", json_time(e->created_ms));
	if (ulid_from_slice(e->id, &id) == ERR_OK)
		json_object_set_new(v, "acceptedAt",
				    json_time(ulid_wall_ms(&id)));
	json_object_set_new(v, "expiresAt", time_or_null(e->expires_ms));
	json_object_set_new(v, "orderingKey", text_or_null(e->ordering_key));
	if (e->tile != TILE_none)
		view_call(v, e);
	json_object_update_missing(v, body);
	json_decref(body);
	return v;
}

/* --- frames ------------------------------------------------------------ */

bool frame_open(struct slice *in, enum msg_type type, uint64_t *count)
{
	struct msg_head head;

	if (msg_decode_head(in, &head, FRAME_RECORDS_MAX) != ERR_OK ||
	    head.type != type)
		return false;
	*count = head.count;
	return true;
}

bool frame_delivery(struct slice frame, struct msg_delivery *out)
{
	uint64_t count;

	return frame_open(&frame, MSG_delivery, &count) && count == 1 &&
	       msg_decode_delivery(&frame, out) == ERR_OK;
}

bool frame_event(struct slice frame, struct msg_event *out)
{
	uint64_t count;

	return frame_open(&frame, MSG_event, &count) && count == 1 &&
	       msg_decode_event(&frame, out) == ERR_OK;
}

bool frame_mark(struct slice frame, struct msg_mark *out)
{
	uint64_t count;

	return frame_open(&frame, MSG_mark, &count) && count == 1 &&
	       msg_decode_mark(&frame, out) == ERR_OK;
}

bool frame_grant(struct slice frame, struct msg_grant *out)
{
	uint64_t count;

	return frame_open(&frame, MSG_grant, &count) && count == 1 &&
	       msg_decode_grant(&frame, out) == ERR_OK;
}

bool mark_has_event(const struct msg_mark *mark, uint64_t event)
{
	return event / 8 < mark->events.n &&
	       ((uint8_t)mark->events.p[event / 8] >> event % 8 & 1);
}

bool mark_has_delivery(const struct msg_mark *mark, const struct ulid *id)
{
	for (size_t i = 0; i + sizeof(id->b) <= mark->deliveries.n;
	     i += sizeof(id->b))
		if (!memcmp(mark->deliveries.p + i, id->b, sizeof(id->b)))
			return true;
	return false;
}
