/*
 * events - the events of a project: those still kept, and those that have
 * ended. SPDX-License-Identifier: Apache-2.0
 *
 * What is not settled is in the log; what is settled and kept, in the stream of
 * events; what deliveries refer to, in the hash of events; of all else the
 * attempts tell, without the body. A list walks these four; the cursor is
 * "<place>:<position>:<skip>".
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "console.h"
#include "find.h"
#include "store/keys.h"
#include "view.h"
#include "wants.h"

#define CHUNK 32
#define LOG_CHUNK "16"
#define LOG_CHUNK_BYTES "4194304"
#define SETTLED_CHUNK 8
#define STEPS_MAX 200
#define EXAMINED_MAX 20000
#define POSITION_SIZE 48
#define CURSOR_SIZE 96
#define SKIP_ALL UINT32_MAX

enum place { PLACE_LOG, PLACE_SETTLED, PLACE_KEPT, PLACE_ENDED, N_PLACES };

struct list_state {
	size_t limit, steps, examined;
	enum place place;
	char position[POSITION_SIZE]; /* "": the beginning */
	uint64_t skip;
	uint64_t since_ms, until_ms; /* of acceptance */
	const char *event_name;	     /* of the query; NULL: all */
	json_t *data;		     /* owned */
	json_t *seen;		     /* owned; event ids in data */
};

static void step(struct call *call);

static void state_free(void *state)
{
	struct list_state *s = state;

	json_decref(s->data);
	json_decref(s->seen);
}

static bool is_full(const struct list_state *s)
{
	return json_array_size(s->data) >= s->limit;
}

static void next_place(struct list_state *s)
{
	s->place++;
	s->position[0] = 0;
	s->skip = 0;
}

static bool passes(const struct call *call, struct slice id16,
		   struct slice project, struct slice name)
{
	const struct list_state *s = call->state;
	struct ulid id;

	return ulid_from_slice(id16, &id) == ERR_OK &&
	       slice_eq(project, call->params[0]) &&
	       ulid_wall_ms(&id) >= s->since_ms &&
	       ulid_wall_ms(&id) <= s->until_ms &&
	       (!s->event_name || slice_eq_str(name, s->event_name));
}

/* [{"id", "webhook"}]: those that the event has by today's webhooks. */
static json_t *deliveries_of(const struct call *call, struct slice event16,
			     struct wants *wants)
{
	const struct config *config = call->console->config;
	json_t *list = json_array(), *one;
	struct ulid event, id;
	struct webhook *w;
	size_t pos = 0;

	if (ulid_from_slice(event16, &event) != ERR_OK)
		return list;
	while ((w = config_next_webhook(config, &pos))) {
		if (!wants_webhook(wants, w))
			continue;
		id = ulid_derive(&event, &w->id);
		one = json_object();
		json_object_set_new(one, "id", json_id("dlv", ulid_slice(&id)));
		json_object_set_new(one, "webhook",
				    json_id("wh", ulid_slice(&w->id)));
		json_array_append_new(list, one);
	}
	return list;
}

/* Takes ownership of view. */
static void put(struct call *call, json_t *view, struct slice id16,
		struct wants wants, bool kept)
{
	struct list_state *s = call->state;
	const char *id = json_string_value(json_object_get(view, "id"));

	if (!id || json_object_get(s->seen, id)) {
		json_decref(view);
		return;
	}
	json_object_set_new(s->seen, id, json_true());
	json_object_set_new(view, "kept", json_boolean(kept));
	json_object_set_new(view, "deliveries",
			    deliveries_of(call, id16, &wants));
	wants_end(&wants);
	json_array_append_new(s->data, view);
}

/* --- the log ----------------------------------------------------------- */

static void take_entry(struct call *call, struct slice frame)
{
	struct list_state *s = call->state;
	uint64_t count, skip = s->skip, i;
	struct msg_event event;

	s->skip = SKIP_ALL;
	if (!frame_open(&frame, MSG_event, &count))
		return;
	for (i = 0; i < count && !is_full(s); i++) {
		if (msg_decode_event(&frame, &event) != ERR_OK)
			return;
		s->examined++;
		if (i >= skip &&
		    passes(call, event.id, event.project, event.name))
			put(call, view_event(&event), event.id,
			    wants_of(&event), true);
	}
	if (i < count)
		s->skip = i;
}

static void on_log(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct list_state *s = call->state;
	size_t n = reply_count(reply) / 3;

	if (!call_redis_ok(call, e))
		return;
	for (size_t i = 0; i < n && !is_full(s); i++) {
		struct slice id = reply_bytes(reply_part(reply, 3 * i));

		if (!slice_eq_str(id, s->position))
			s->skip = 0;
		slice_cstr(s->position, sizeof(s->position), id);
		take_entry(call, reply_bytes(reply_part(reply, 3 * i + 1)));
	}
	if (n == 0)
		next_place(s);
	step(call);
}

static struct slice stream_from(const struct list_state *s, const char *start,
				char *out, size_t size)
{
	if (!s->position[0])
		return slice_of(start);
	snprintf(out, size, "%s%s", s->skip == SKIP_ALL ? "(" : "",
		 s->position);
	return slice_of(out);
}

static void ask_log(struct call *call)
{
	uint64_t p = call_partition(call);
	char log[KEY_SIZE], mark[KEY_SIZE], from[POSITION_SIZE + 2];
	const struct slice keys[] = {key_partition(log, p, "log"),
				     key_partition(mark, p, "mark")};
	const struct slice argv[] = {
	    stream_from(call->state, "-", from, sizeof(from)),
	    SLICE_LIT(LOG_CHUNK), SLICE_LIT(LOG_CHUNK_BYTES)};

	call_sent(call, redis_script(call->console->redis, SCRIPT_LIST_LOG,
				     keys, 2, argv, 3, on_log, call));
}

/* --- what deliveries refer to ------------------------------------------ */

/* A scan cannot go on within one of its pages: a page that is shown in part is
 * scanned again, and what was shown left out. */
static void on_kept(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct list_state *s = call->state;
	const struct reply *pairs = reply_part(reply, 1);
	struct slice next = reply_bytes(reply_part(reply, 0));
	size_t n = reply_count(pairs) / 2, i;
	struct msg_event event;

	if (!call_redis_ok(call, e))
		return;
	for (i = s->skip; i < n && !is_full(s); i++) {
		s->examined++;
		if (frame_event(reply_bytes(reply_part(pairs, 2 * i + 1)),
				&event) &&
		    passes(call, event.id, event.project, event.name))
			put(call, view_event(&event), event.id,
			    wants_of(&event), true);
	}
	s->skip = i < n ? i : 0;
	if (i >= n && (slice_eq_str(next, "0") ||
		       !slice_cstr(s->position, sizeof(s->position), next)))
		next_place(s);
	step(call);
}

static void ask_kept(struct call *call)
{
	struct list_state *s = call->state;
	char key[KEY_SIZE];
	struct slice k = key_partition(key, call_partition(call), "event");

	call_sent(call,
		  redis_commandf(call->console->redis, on_kept, call,
				 "HSCAN %b %s COUNT %d", k.p, k.n,
				 s->position[0] ? s->position : "0", CHUNK));
}

/* --- what has ended ---------------------------------------------------- */

static json_t *view_past(const struct msg_attempt *a)
{
	json_t *v = json_object();

	json_object_set_new(v, "id", json_id("evt", a->event));
	json_object_set_new(v, "project", json_text(a->project));
	json_object_set_new(v, "eventName", json_name(a->event_name));
	json_object_set_new(v, "createdAt", json_time(a->created_ms));
	return v;
}

static void take_attempts(struct call *call, struct slice frame)
{
	struct list_state *s = call->state;
	uint64_t count, skip = s->skip, i;
	struct msg_attempt a;

	s->skip = SKIP_ALL;
	if (!frame_open(&frame, MSG_attempt, &count))
		return;
	for (i = 0; i < count && !is_full(s); i++) {
		if (msg_decode_attempt(&frame, &a) != ERR_OK)
			return;
		s->examined++;
		if (i >= skip && a.outcome == OUTCOME_delivered &&
		    passes(call, a.event, a.project, a.event_name))
			put(call, view_past(&a), a.event, wants_of_attempt(&a),
			    false);
	}
	if (i < count)
		s->skip = i;
}

/* Entries of a stream, whose field of this name is a frame. */
static void take_stream(struct call *call, const struct reply *reply,
			const char *field,
			void (*take)(struct call *call, struct slice frame))
{
	struct list_state *s = call->state;
	size_t n = reply_count(reply);

	for (size_t i = 0; i < n && !is_full(s); i++) {
		const struct reply *entry = reply_part(reply, i);
		struct slice id = reply_bytes(reply_part(entry, 0));

		if (!slice_eq_str(id, s->position))
			s->skip = 0;
		slice_cstr(s->position, sizeof(s->position), id);
		take(call, reply_field(reply_part(entry, 1), field));
	}
	if (n == 0)
		next_place(s);
	step(call);
}

static void on_ended(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;

	if (call_redis_ok(call, e))
		take_stream(call, reply, "a", take_attempts);
}

/* What ended before has been accepted before. */
static const char *first_of_stream(const struct list_state *s,
				   char out[POSITION_SIZE])
{
	snprintf(out, POSITION_SIZE, "%llu",
		 (unsigned long long)stream_since(s->since_ms));
	return out;
}

static void ask_ended(struct call *call)
{
	char key[KEY_SIZE], from[POSITION_SIZE + 2], last[POSITION_SIZE];
	struct slice k = key_partition(key, call_partition(call), "attempts");
	struct slice start = stream_from(call->state, "+", from, sizeof(from));

	call_sent(call,
		  redis_commandf(call->console->redis, on_ended, call,
				 "XREVRANGE %b %b %s COUNT %d", k.p, k.n,
				 start.p, start.n,
				 first_of_stream(call->state, last), CHUNK));
}

/* --- what is settled and kept ------------------------------------------ */

static void on_settled(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;

	if (call_redis_ok(call, e))
		take_stream(call, reply, "b", take_entry);
}

static void ask_settled(struct call *call)
{
	char key[KEY_SIZE], from[POSITION_SIZE + 2], first[POSITION_SIZE];
	struct slice k = key_partition(key, call_partition(call), "events");
	struct slice start =
	    stream_from(call->state, first_of_stream(call->state, first), from,
			sizeof(from));

	call_sent(call, redis_commandf(call->console->redis, on_settled, call,
				       "XRANGE %b %b + COUNT %d", k.p, k.n,
				       start.p, start.n, SETTLED_CHUNK));
}

/* --- the request ------------------------------------------------------- */

static void finish(struct call *call)
{
	struct list_state *s = call->state;
	char cursor[CURSOR_SIZE] = "";

	if (s->place < N_PLACES)
		snprintf(cursor, sizeof(cursor), "%u:%s:%llu",
			 (unsigned)s->place, s->position,
			 (unsigned long long)s->skip);
	call_page(call, json_incref(s->data), cursor);
}

static void step(struct call *call)
{
	struct list_state *s = call->state;

	if (s->place == N_PLACES || is_full(s) || s->steps++ >= STEPS_MAX ||
	    s->examined >= EXAMINED_MAX)
		finish(call);
	else if (s->place == PLACE_LOG)
		ask_log(call);
	else if (s->place == PLACE_SETTLED)
		ask_settled(call);
	else if (s->place == PLACE_KEPT)
		ask_kept(call);
	else
		ask_ended(call);
}

static bool parse_cursor(struct list_state *s, struct slice text)
{
	struct slice place, position;
	uint64_t n;

	if (!slice_cut(&text, ':', &place) ||
	    !slice_cut(&text, ':', &position) || !slice_parse_u64(place, &n) ||
	    n >= N_PLACES || !slice_parse_u64(text, &s->skip))
		return false;
	s->place = (enum place)n;
	return slice_cstr(s->position, sizeof(s->position), position) &&
	       (position.n == 0 ||
		(s->place == PLACE_KEPT ? slice_parse_u64(position, &n)
					: is_entry_id(position)));
}

void event_list(struct call *call)
{
	static const char *const allowed[] = {"eventName", "since",  "until",
					      "limit",	   "cursor", NULL};
	const char *cursor = http_query(call->req, "cursor");
	struct list_state *s = call_state(call, sizeof(*s), state_free);

	s->data = json_array();
	s->seen = json_object();
	s->until_ms = UINT64_MAX;
	s->event_name = http_query(call->req, "eventName");
	if (!call_check_query(call, allowed) || !call_limit(call, &s->limit) ||
	    !call_time(call, "since", &s->since_ms) ||
	    !call_time(call, "until", &s->until_ms))
		return;
	if (!cursor || parse_cursor(s, slice_of(cursor)))
		step(call);
	else
		call_problem(call, 400, "invalid", "cursor",
			     "it is not one of this list");
}
