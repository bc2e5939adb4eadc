/*
 * bulk - a request that moves many of one webhook's deliveries.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bulk.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "chain.h"
#include "console.h"
#include "find.h"

/* How long one request goes on; the next one goes on with its cursor. */
#define WORK_MS 10000
#define NAMES_MAX 100
#define BULK_CURSOR_SIZE 160

/* --- on the way -------------------------------------------------------- */

void bulk_next_source(struct bulk *b)
{
	/* Those behind others go first: whoever is in front makes them due. */
	b->source = b->source == BULK_CHAIN ? BULK_DUE
		    : b->source == BULK_DUE ? BULK_BACKLOG
					    : BULK_END;
	b->position[0] = 0;
	b->skip = 0;
}

uint64_t bulk_room(const struct bulk *b)
{
	uint64_t left = b->limit - b->done;

	return left < BULK_CHUNK ? left : BULK_CHUNK;
}

bool bulk_wants_name(const struct bulk *b, struct slice event_name)
{
	json_t *name;
	size_t i;

	if (!b->names)
		return true;
	if (json_is_string(b->names))
		return slice_eq_str(event_name, json_string_value(b->names));
	json_array_foreach(b->names, i, name)
	{
		if (slice_eq_str(event_name, json_string_value(name)))
			return true;
	}
	return false;
}

bool bulk_wants_time(const struct bulk *b, const struct ulid *id)
{
	uint64_t ms = ulid_wall_ms(id);

	return ms >= b->since_ms && ms <= b->until_ms;
}

/* "<source>:<until>:<position>:<skip>". The time of the first request goes
 * along, so that what dies meanwhile is not replayed again and again. */
static void format_cursor(const struct bulk *b, char out[BULK_CURSOR_SIZE])
{
	snprintf(out, BULK_CURSOR_SIZE, "%u:%llu:%s:%llu", (unsigned)b->source,
		 (unsigned long long)b->until_ms, b->position,
		 (unsigned long long)b->skip);
}

static void answer(struct call *call)
{
	struct bulk *b = call->state;
	const char *what = b->cancel ? "cancelled" : "replayed";
	char cursor[BULK_CURSOR_SIZE], id[ID_TEXT_SIZE];
	json_t *view = json_object();

	format_cursor(b, cursor);
	json_object_set_new(view, what, json_integer((json_int_t)b->done));
	json_object_set_new(view, "nextCursor",
			    b->source == BULK_END ? json_null()
						  : json_string(cursor));
	/* Whoever asked may be gone: then this is what tells of it. */
	log_info("bulk", "action=%s webhook=%s n=%llu complete=%d", what,
		 ulid_format(id, "wh", &b->webhook),
		 (unsigned long long)b->done, b->source == BULK_END);
	call_json(call, 200, view);
}

bool bulk_ok(struct call *call, enum err e)
{
	struct bulk *b = call->state;

	if (e == ERR_OK)
		return true;
	if (b->done == 0) {
		call_redis_failed(call, e);
		return false;
	}
	memcpy(b->position, b->step_position, sizeof(b->position));
	b->skip = b->step_skip;
	answer(call);
	return false;
}

void bulk_step(struct call *call)
{
	struct bulk *b = call->state;

	memcpy(b->step_position, b->position, sizeof(b->position));
	b->step_skip = b->skip;
	if (b->source == BULK_END || b->done >= b->limit ||
	    now_ms() - b->began_ms >= WORK_MS ||
	    service_is_draining(call->console->run))
		answer(call);
	else if (b->source == BULK_KEPT)
		bulk_ask_kept(call);
	else if (b->source == BULK_CHAIN)
		bulk_ask_chain(call);
	else
		bulk_ask_set(call);
}

void bulk_moved(struct call *call, enum err e, uint64_t n)
{
	struct bulk *b = call->state;

	if (!bulk_ok(call, e))
		return;
	b->done += n;
	bulk_step(call);
}

/* --- the request ------------------------------------------------------- */

static bool body_time(struct call *call, const char *name, uint64_t *ms)
{
	json_t *value = json_object_get(call->body, name);

	if (!value || json_is_null(value))
		return true;
	if (json_is_string(value) &&
	    rfc3339_parse(slice_of(json_string_value(value)), ms) == ERR_OK)
		return true;
	call_problem(call, 400, "invalid", name,
		     "a time like 2026-11-23T08:16:45.000Z is wanted");
	return false;
}

static bool is_name(const json_t *value)
{
	size_t n = json_string_length(value);

	return json_is_string(value) && n > 0 && n <= EVENT_NAME_BYTES_MAX;
}

static bool are_names(json_t *value)
{
	size_t n = json_array_size(value);

	if (!value || json_is_string(value))
		return !value || is_name(value);
	for (size_t i = 0; i < n; i++)
		if (!is_name(json_array_get(value, i)))
			return false;
	return n > 0 && n <= NAMES_MAX;
}

static bool body_names(struct call *call)
{
	struct bulk *b = call->state;
	json_t *value = json_object_get(call->body, "eventName");

	if (json_is_null(value))
		value = NULL;
	b->names = value;
	if (are_names(value))
		return true;
	call_problem(call, 400, "invalid", "eventName",
		     "a name of events, or a list of 1 to %d names", NAMES_MAX);
	return false;
}

static bool body_limit(struct call *call)
{
	struct bulk *b = call->state;
	json_t *value = json_object_get(call->body, "limit");

	b->limit = UINT64_MAX;
	if (!value || json_is_null(value))
		return true;
	if (json_is_integer(value) && json_integer_value(value) > 0) {
		b->limit = (uint64_t)json_integer_value(value);
		return true;
	}
	call_problem(call, 400, "invalid", "limit",
		     "a number from 1 on is wanted");
	return false;
}

static bool body_status(struct call *call)
{
	struct bulk *b = call->state;
	json_t *value = json_object_get(call->body, "status");
	const char *text = json_string_value(value);

	b->source = b->cancel ? BULK_CHAIN : BULK_DEAD;
	if (!value || (text && !strcmp(text, "dead")))
		return true;
	b->source = BULK_KEPT;
	if (text && !strcmp(text, "delivered"))
		return true;
	call_problem(call, 400, "invalid", "status",
		     "dead or delivered ones can be replayed");
	return false;
}

/* Another kind of request has other sources. */
static bool is_source(const struct bulk *b, uint64_t source)
{
	return source == b->source || (b->cancel && source <= BULK_BACKLOG);
}

static bool parse_cursor(struct bulk *b, struct slice text)
{
	struct slice source, until, position;
	uint64_t n, score;

	if (!slice_cut(&text, ':', &source) || !slice_cut(&text, ':', &until) ||
	    !slice_cut(&text, ':', &position) || !slice_parse_u64(source, &n) ||
	    !is_source(b, n) || !slice_parse_u64(until, &b->until_ms) ||
	    !slice_parse_u64(text, &b->skip) || b->skip > SKIP_ALL ||
	    !slice_cstr(b->position, sizeof(b->position), position))
		return false;
	b->source = (enum bulk_source)n;
	if (position.n == 0)
		return true;
	if (b->source == BULK_CHAIN)
		return is_chain_member(position);
	return b->source == BULK_KEPT ? is_entry_id(position)
				      : slice_parse_u64(position, &score);
}

static bool body_cursor(struct call *call)
{
	json_t *value = json_object_get(call->body, "cursor");
	const char *text = json_string_value(value);

	if (!value || json_is_null(value) ||
	    (text && parse_cursor(call->state, slice_of(text))))
		return true;
	call_problem(call, 400, "invalid", "cursor",
		     "it is not one of such a request");
	return false;
}

static void start(struct call *call, const struct webhook *w, bool cancel)
{
	struct bulk *b = call_state(call, sizeof(*b), NULL);

	b->webhook = w->id;
	b->cancel = cancel;
	b->until_ms = wall_ms();
	b->began_ms = now_ms();
	if (body_status(call) && body_time(call, "since", &b->since_ms) &&
	    body_time(call, "until", &b->until_ms) && body_names(call) &&
	    body_limit(call) && body_cursor(call))
		bulk_step(call);
}

void webhook_replay(struct call *call)
{
	static const char *const allowed[] = {
	    "since", "until", "status", "eventName", "limit", "cursor", NULL};
	const struct webhook *w = call_webhook(call);

	if (!w || !call_read_body(call, allowed, true))
		return;
	/* They would all be dead again at once. */
	if (!w->enabled) {
		call_problem(call, 409, "conflict", NULL,
			     "the webhook is disabled: enable it first");
		return;
	}
	start(call, w, false);
}

void webhook_cancel(struct call *call)
{
	static const char *const allowed[] = {"since", "until",	 "eventName",
					      "limit", "cursor", NULL};
	const struct webhook *w = call_webhook(call);

	if (w && call_read_body(call, allowed, true))
		start(call, w, true);
}
