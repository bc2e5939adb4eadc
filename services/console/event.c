/*
 * event - one event with its deliveries.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Three looks, one after the other: for the event (in the log, kept for
 * deliveries, or settled and kept), for its attempts, and for the record of
 * each delivery that it may have.
 */
#include "base/mem.h"
#include "console.h"
#include "find.h"
#include "store/keys.h"
#include "view.h"
#include "wants.h"

#define DELIVERIES_MAX 200

struct one {
	struct ulid id;
	json_t *view;	    /* owned; NULL: nothing known yet */
	json_t *deliveries; /* owned; id → delivery */
	struct ulid ask[DELIVERIES_MAX];
	size_t n_ask, asked;
	bool is_call; /* a journey's, of this webhook */
	struct ulid called;
};

static void one_free(void *state)
{
	struct one *o = state;

	json_decref(o->view);
	json_decref(o->deliveries);
}

/* Takes ownership of view. */
static void put(struct one *o, json_t *view)
{
	const char *id = json_string_value(json_object_get(view, "id"));

	if (id && (json_object_get(o->deliveries, id) ||
		   json_object_size(o->deliveries) < DELIVERIES_MAX))
		json_object_set(o->deliveries, id, view);
	json_decref(view);
}

static void answer(struct call *call)
{
	struct one *o = call->state;
	json_t *list = json_array(), *value;
	const char *id;

	if (!o->view) {
		json_decref(list);
		call_not_found(call);
		return;
	}
	json_object_foreach(o->deliveries, id, value)
	    json_array_append(list, value);
	json_object_set_new(o->view, "deliveries", list);
	call_json(call, 200, json_incref(o->view));
}

/* --- the records ------------------------------------------------------- */

static void ask_record(struct call *call);

static void on_record(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct one *o = call->state;
	struct found_record found;

	if (!call_redis_ok(call, e))
		return;
	if (found_record(reply, &found))
		put(o, view_delivery(&o->ask[o->asked], found.status,
				     &found.record, found.due_ms));
	o->asked++;
	ask_record(call);
}

static void ask_record(struct call *call)
{
	const struct one *o = call->state;

	if (o->asked == o->n_ask)
		answer(call);
	else
		find_record(call, &o->ask[o->asked], on_record);
}

static void ask_records(struct call *call)
{
	const struct config *config = call->console->config;
	struct one *o = call->state;
	const char *name =
	    json_string_value(json_object_get(o->view, "eventName"));
	struct webhook *w;
	size_t pos = 0;

	if (o->is_call)
		o->ask[o->n_ask++] = ulid_derive(&o->id, &o->called);
	while (name && o->n_ask < DELIVERIES_MAX &&
	       (w = config_next_webhook(config, &pos)))
		if (webhook_names(w, call->params[0], slice_of(name)))
			o->ask[o->n_ask++] = ulid_derive(&o->id, &w->id);
	ask_record(call);
}

/* --- the attempts ------------------------------------------------------ */

/* Whom it calls is told by the event, or by an attempt. */
static void set_called(struct one *o, struct slice name, struct slice webhook)
{
	o->is_call =
	    name.n == 0 && ulid_from_slice(webhook, &o->called) == ERR_OK;
}

static void view_past(struct one *o, const struct msg_attempt *a)
{
	set_called(o, a->event_name, a->webhook);
	o->view = json_object();
	json_object_set_new(o->view, "id", json_id("evt", a->event));
	json_object_set_new(o->view, "project", json_text(a->project));
	json_object_set_new(o->view, "eventName", json_name(a->event_name));
	json_object_set_new(o->view, "createdAt", json_time(a->created_ms));
	json_object_set_new(o->view, "kept", json_false());
}

static bool on_attempt(struct call *call, const struct msg_attempt *a)
{
	struct one *o = call->state;
	const char *status = "queued";

	if (!slice_eq(a->project, call->params[0]))
		return true;
	if (!o->view)
		view_past(o, a);
	if (a->outcome == OUTCOME_delivered)
		status = "delivered";
	else if (a->next_ms == 0)
		status = "dead";
	put(o, view_ended(status, a));
	return true;
}

static void ask_attempts(struct call *call)
{
	struct one *o = call->state;
	const struct find_attempts what = {
	    .id = o->id,
	    .of_event = true,
	    .on_attempt = on_attempt,
	    .on_end = ask_records,
	};

	find_attempts(call, &what);
}

/* --- the event --------------------------------------------------------- */

static void set_event(struct call *call, const struct msg_event *event)
{
	struct one *o = call->state;

	set_called(o, event->name, event->webhook);
	o->view = view_event(event);
	json_object_set_new(o->view, "kept", json_true());
}

static void on_settled(struct call *call, const struct msg_event *event,
		       const struct msg_mark *mark, uint64_t number)
{
	(void)mark;
	(void)number;
	if (event)
		set_event(call, event);
	ask_attempts(call);
}

static void on_kept(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct one *o = call->state;
	struct msg_event event;

	if (!call_redis_ok(call, e))
		return;
	if (!frame_event(reply_bytes(reply), &event) ||
	    !slice_eq(event.project, call->params[0])) {
		find_settled_event(call, &o->id, on_settled);
		return;
	}
	set_event(call, &event);
	ask_attempts(call);
}

static void ask_kept(struct call *call)
{
	struct one *o = call->state;
	char key[KEY_SIZE];
	struct slice k = key_partition(key, call_partition(call), "event");

	call_sent(call, redis_commandf(call->console->redis, on_kept, call,
				       "HGET %b %b", k.p, k.n, o->id.b,
				       sizeof(o->id.b)));
}

static void on_event(struct call *call, const struct msg_event *event,
		     const struct msg_mark *mark, uint64_t number)
{
	const struct config *config = call->console->config;
	struct one *o = call->state;
	struct wants wants;
	struct webhook *w;
	struct ulid id;
	size_t pos = 0;

	if (!event) {
		ask_kept(call);
		return;
	}
	set_event(call, event);
	wants = wants_of(event);
	while (!mark_has_event(mark, number) &&
	       (w = config_next_webhook(config, &pos))) {
		id = ulid_derive(&o->id, &w->id);
		if (!mark_has_delivery(mark, &id) && wants_webhook(&wants, w))
			put(o, view_queued(&id, event, w));
	}
	wants_end(&wants);
	ask_attempts(call);
}

void event_get(struct call *call)
{
	struct one *o = call_state(call, sizeof(*o), one_free);

	o->deliveries = json_object();
	if (ulid_parse(call->params[1], "evt", &o->id) == ERR_OK)
		find_event(call, &o->id, false, on_event);
	else
		call_not_found(call);
}
