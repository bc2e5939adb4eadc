/*
 * delivery - one delivery with its attempts, its retry and its cancellation.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asks for the record, then for the attempts; a delivery that has neither is
 * looked for in the log. One that is not there either may have left the log for
 * a record, or for its end, in the meantime: so all is asked once more.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cancel.h"
#include "console.h"
#include "find.h"
#include "store/keys.h"
#include "view.h"
#include "wants.h"

#define ATTEMPTS_SHOWN_MAX 200

/* What a call is for. */
enum purpose { SHOW, RETRY, CANCEL };

struct one {
	struct ulid id;
	enum purpose purpose;
	json_t *view;	  /* owned; the delivery, once something is known */
	json_t *attempts; /* owned */
	bool has_record;
	bool again; /* the second look */
};

static void one_free(void *state)
{
	struct one *o = state;

	json_decref(o->view);
	json_decref(o->attempts);
}

static void answer(struct call *call)
{
	struct one *o = call->state;

	json_object_set(o->view, "attempts", o->attempts);
	call_json(call, 200, json_incref(o->view));
}

static void ask_record(struct call *call);

static void not_seen(struct call *call)
{
	struct one *o = call->state;

	if (o->again) {
		call_not_found(call);
		return;
	}
	o->again = true;
	ask_record(call);
}

/* --- its attempts ------------------------------------------------------ */

static void on_event(struct call *call, const struct msg_event *event,
		     const struct msg_mark *mark, uint64_t number)
{
	const struct config *config = call->console->config;
	struct one *o = call->state;
	struct ulid event_id, id;
	struct wants wants;
	struct webhook *w;
	size_t pos = 0;

	if (!event || mark_has_event(mark, number) ||
	    mark_has_delivery(mark, &o->id) ||
	    ulid_from_slice(event->id, &event_id) != ERR_OK) {
		not_seen(call);
		return;
	}
	wants = wants_of(event);
	while (!o->view && (w = config_next_webhook(config, &pos))) {
		id = ulid_derive(&event_id, &w->id);
		if (ulid_eq(&id, &o->id) && wants_webhook(&wants, w))
			o->view = view_queued(&id, event, w);
	}
	wants_end(&wants);
	if (o->view)
		answer(call);
	else
		call_not_found(call);
}

static const char *end_of(const struct msg_attempt *a)
{
	if (a->outcome == OUTCOME_delivered)
		return "delivered";
	return a->next_ms == 0 ? "dead" : "queued";
}

/* The last attempt tells of a delivery that has no record any more. One that
 * delivered need not be the last: it may have been replayed. */
static bool on_attempt(struct call *call, const struct msg_attempt *a)
{
	struct one *o = call->state;

	if (!slice_eq(a->project, call->params[0]))
		return false;
	if (a->attempt > 0)
		json_array_append_new(o->attempts, view_attempt(a));
	if (!o->has_record) {
		json_decref(o->view);
		o->view = view_ended(end_of(a), a);
	}
	return json_array_size(o->attempts) < ATTEMPTS_SHOWN_MAX;
}

static void on_attempts_end(struct call *call)
{
	struct one *o = call->state;

	if (o->view)
		answer(call);
	else
		find_event(call, &o->id, true, on_event);
}

static void ask_attempts(struct call *call)
{
	struct one *o = call->state;
	const struct find_attempts what = {
	    .id = o->id,
	    .on_attempt = on_attempt,
	    .on_end = on_attempts_end,
	};

	find_attempts(call, &what);
}

/* --- its record -------------------------------------------------------- */

/* It has been changed: show it; or it could not be. */
static void end_change(struct call *call, bool done)
{
	struct one *o = call->state;

	if (done) {
		o->purpose = SHOW;
		ask_record(call);
	} else {
		call_problem(call, 409, "conflict", NULL,
			     "it is on its way already");
	}
}

static void on_retried(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;

	if (call_redis_ok(call, e))
		end_change(call, reply_int(reply) == 1);
}

static void ask_retry(struct call *call, const struct msg_delivery *record)
{
	struct one *o = call->state;
	uint64_t p = call_partition(call);
	char delivery[KEY_SIZE], due[KEY_SIZE], dead[KEY_SIZE], now[24];
	const struct slice keys[] = {
	    key_partition(delivery, p, "delivery"),
	    key_partition(due, p, "due"),
	    key_lane(dead, p, "dead", (const uint8_t *)record->webhook.p),
	};
	const struct slice argv[] = {
	    ulid_slice(&o->id),
	    slice_bytes(now, (size_t)snprintf(now, sizeof(now), "%llu",
					      (unsigned long long)wall_ms())),
	};

	call_sent(call, redis_script(call->console->redis, SCRIPT_RETRY, keys,
				     3, argv, 2, on_retried, call));
}

static void on_cancelled(struct call *call, enum err e, uint64_t n)
{
	if (call_redis_ok(call, e))
		end_change(call, n == 1);
}

static void ask_cancel(struct call *call, const struct msg_delivery *record,
		       struct slice frame)
{
	struct one *o = call->state;
	struct ulid webhook;
	struct cancel *c;

	must(ulid_from_slice(record->webhook, &webhook) == ERR_OK);
	c = cancel_new(call, &webhook);
	must(cancel_add(c, &o->id, frame));
	cancel_send(c, on_cancelled);
}

static void change(struct call *call, const struct found_record *found)
{
	const struct one *o = call->state;

	if (!o->has_record)
		call_problem(call, 404, "not_found", NULL,
			     "there is no such delivery that waits or is dead");
	else if (o->purpose == RETRY)
		ask_retry(call, &found->record);
	else
		ask_cancel(call, &found->record, found->frame);
}

static void on_record(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct one *o = call->state;
	struct found_record found;

	if (!call_redis_ok(call, e))
		return;
	o->has_record = found_record(reply, &found) &&
			slice_eq(found.record.project, call->params[0]) &&
			found.record.webhook.n == sizeof(o->id.b);
	if (o->purpose != SHOW) {
		change(call, &found);
		return;
	}
	if (o->has_record)
		o->view = view_delivery(&o->id, found.status, &found.record,
					found.due_ms);
	ask_attempts(call);
}

static void ask_record(struct call *call)
{
	const struct one *o = call->state;

	find_record(call, &o->id, on_record);
}

static void start(struct call *call, enum purpose purpose)
{
	struct one *o = call_state(call, sizeof(*o), one_free);

	o->purpose = purpose;
	o->attempts = json_array();
	if (ulid_parse(call->params[1], "dlv", &o->id) == ERR_OK)
		ask_record(call);
	else
		call_not_found(call);
}

void delivery_get(struct call *call)
{
	start(call, SHOW);
}

void delivery_retry(struct call *call)
{
	static const char *const allowed[] = {NULL};

	if (call_read_body(call, allowed, true))
		start(call, RETRY);
}

void delivery_cancel(struct call *call)
{
	static const char *const allowed[] = {NULL};

	if (call_read_body(call, allowed, true))
		start(call, CANCEL);
}
