/*
 * deliveries - the list of a project's deliveries.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A delivery is found where its status puts it (docs/architecture.md), so a
 * list walks places one after the other: held, due, the backlogs, the log, the
 * dead and the attempts. What one request looks at is bounded; the cursor says
 * where the next one goes on: "<place>:<webhook or ->:<position>:<skip>".
 */
#include <stdio.h>

#include "chain.h"
#include "console.h"
#include "find.h"
#include "store/keys.h"
#include "view.h"
#include "walk.h"
#include "wants.h"

#define CHUNK "256"
#define CHUNK_N 256
#define LOG_CHUNK "16"
#define LOG_CHUNK_BYTES "4194304"
#define ATTEMPTS_CHUNK 32
#define STEPS_MAX 200
#define EXAMINED_MAX 20000

static void step(struct call *call);

static void state_free(void *state)
{
	walk_fini(state);
}

static bool is_full(const struct walk *s)
{
	return json_array_size(s->data) >= s->limit;
}

/* --- moving on --------------------------------------------------------- */

static void next_source(struct walk *s)
{
	walk_restart(s);
	if (place_has_lanes(s->place) && ++s->lane < s->n_lanes)
		return;
	s->lane = 0;
	s->place++;
}

static bool is_wanted(const struct walk *s)
{
	if (s->status && strcmp(s->status, place_status(s->place)) != 0)
		return false;
	return !place_has_lanes(s->place) || s->n_lanes > 0;
}

static void finish(struct call *call)
{
	struct walk *s = call->state;
	char cursor[CURSOR_SIZE];
	json_t *data = s->data;

	walk_cursor(s, cursor);
	s->data = NULL;
	call_page(call, data, cursor);
}

/* --- the sorted sets --------------------------------------------------- */

static bool passes(const struct call *call, const struct ulid *id,
		   struct slice project, struct slice name)
{
	const struct walk *s = call->state;

	return slice_eq(project, call->params[0]) &&
	       ulid_wall_ms(id) >= s->since_ms &&
	       ulid_wall_ms(id) <= s->until_ms &&
	       (!s->event_name[0] || slice_eq_str(name, s->event_name));
}

static void take_record(struct call *call, struct slice id16, uint64_t score,
			struct slice frame)
{
	struct walk *s = call->state;
	struct msg_delivery record;
	struct ulid id;

	if (ulid_from_slice(id16, &id) != ERR_OK ||
	    !frame_delivery(frame, &record) ||
	    !passes(call, &id, record.project, record.event_name))
		return;
	if (s->one_lane && !slice_eq(record.webhook, ulid_slice(&s->lanes[0])))
		return;
	/* Journey webhooks share a chain. */
	if (s->place == PLACE_CHAIN &&
	    !slice_eq(record.webhook, ulid_slice(&s->lanes[s->lane])))
		return;
	json_array_append_new(
	    s->data, view_delivery(&id, place_status(s->place), &record,
				   s->place == PLACE_DUE ? score : 0));
}

/* Scores are written as Redis writes them: whole milliseconds. */
static void advance_score(struct walk *s, struct slice score)
{
	if (slice_eq_str(score, s->position)) {
		s->skip++;
		return;
	}
	slice_cstr(s->position, sizeof(s->position), score);
	s->skip = 1;
}

static void on_set(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct walk *s = call->state;
	size_t n = reply_count(reply) / 3, i;

	if (!call_redis_ok(call, e))
		return;
	for (i = 0; i < n && !is_full(s); i++) {
		struct slice score = reply_bytes(reply_part(reply, 3 * i + 1));
		uint64_t ms = 0;

		if (!slice_parse_u64(score, &ms))
			ms = 0;
		advance_score(s, score);
		s->examined++;
		take_record(call, reply_bytes(reply_part(reply, 3 * i)), ms,
			    reply_bytes(reply_part(reply, 3 * i + 2)));
	}
	if (i == n && n < CHUNK_N)
		next_source(s);
	step(call);
}

static struct slice set_key(struct call *call, char out[KEY_SIZE])
{
	struct walk *s = call->state;
	uint64_t p = call_partition(call);

	switch (s->place) {
	case PLACE_HELD:
		return key_partition(out, p, "held");
	case PLACE_DUE:
		return key_partition(out, p, "due");
	case PLACE_BACKLOG:
		return key_lane(out, p, "backlog", s->lanes[s->lane].b);
	default:
		return key_lane(out, p, "dead", s->lanes[s->lane].b);
	}
}

static void ask_set(struct call *call)
{
	struct walk *s = call->state;
	bool newest_first = s->place == PLACE_DEAD;
	char set[KEY_SIZE], delivery[KEY_SIZE], skip[24];
	const struct slice keys[] = {
	    set_key(call, set),
	    key_partition(delivery, call_partition(call), "delivery"),
	};
	const struct slice argv[] = {
	    s->position[0] ? slice_of(s->position)
	    : newest_first ? SLICE_LIT("+inf")
			   : SLICE_LIT("-inf"),
	    newest_first ? SLICE_LIT("1") : SLICE_LIT("0"),
	    slice_bytes(skip, (size_t)snprintf(skip, sizeof(skip), "%llu",
					       (unsigned long long)s->skip)),
	    SLICE_LIT(CHUNK),
	};

	call_sent(call, redis_script(call->console->redis, SCRIPT_LIST_LANE,
				     keys, 2, argv, 4, on_set, call));
}

/* --- the log ----------------------------------------------------------- */

struct log_walk {
	struct msg_mark mark;
	uint64_t shown, skip;
};

/* The event's deliveries that are not settled, less those shown before. */
static void take_event(struct call *call, const struct msg_event *event,
		       struct log_walk *walk)
{
	struct walk *s = call->state;
	struct wants wants = wants_of(event);
	struct ulid event_id, id;

	if (ulid_from_slice(event->id, &event_id) != ERR_OK ||
	    !passes(call, &event_id, event->project, event->name))
		return;
	for (size_t i = 0; i < s->n_lanes && !is_full(s); i++) {
		struct webhook *w =
		    config_webhook(call->console->config, &s->lanes[i]);

		if (!w || !wants_webhook(&wants, w))
			continue;
		id = ulid_derive(&event_id, &w->id);
		if (mark_has_delivery(&walk->mark, &id))
			continue;
		if (walk->shown++ < walk->skip)
			continue;
		json_array_append_new(s->data, view_queued(&id, event, w));
	}
	wants_end(&wants);
}

static void take_entry(struct call *call, struct slice frame, struct slice mark)
{
	struct walk *s = call->state;
	struct log_walk walk = {.skip = s->skip};
	struct msg_event event;
	uint64_t count, i;

	s->skip = SKIP_ALL;
	if (mark.n && !frame_mark(mark, &walk.mark))
		return;
	if (!frame_open(&frame, MSG_event, &count))
		return;
	for (i = 0; i < count && !is_full(s); i++) {
		if (msg_decode_event(&frame, &event) != ERR_OK)
			break;
		s->examined++;
		if (!mark_has_event(&walk.mark, i))
			take_event(call, &event, &walk);
	}
	if (is_full(s))
		s->skip = walk.shown;
}

static void on_log(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct walk *s = call->state;
	size_t n = reply_count(reply) / 3;

	if (!call_redis_ok(call, e))
		return;
	for (size_t i = 0; i < n && !is_full(s); i++) {
		struct slice id = reply_bytes(reply_part(reply, 3 * i));

		if (!slice_eq_str(id, s->position))
			s->skip = 0;
		slice_cstr(s->position, sizeof(s->position), id);
		take_entry(call, reply_bytes(reply_part(reply, 3 * i + 1)),
			   reply_bytes(reply_part(reply, 3 * i + 2)));
	}
	if (n == 0)
		next_source(s);
	step(call);
}

/* Where a stream is read from: an entry that was shown in part once more. */
static struct slice stream_from(const struct walk *s, const char *start,
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
	struct walk *s = call->state;
	uint64_t p = call_partition(call);
	char log[KEY_SIZE], mark[KEY_SIZE], from[POSITION_SIZE + 2];
	const struct slice keys[] = {key_partition(log, p, "log"),
				     key_partition(mark, p, "mark")};
	const struct slice argv[] = {stream_from(s, "-", from, sizeof(from)),
				     SLICE_LIT(LOG_CHUNK),
				     SLICE_LIT(LOG_CHUNK_BYTES)};

	call_sent(call, redis_script(call->console->redis, SCRIPT_LIST_LOG,
				     keys, 2, argv, 3, on_log, call));
}

/* --- the attempts ------------------------------------------------------ */

static void take_attempt(struct call *call, const struct msg_attempt *a,
			 uint64_t *shown, uint64_t skip)
{
	struct walk *s = call->state;
	struct ulid id;
	json_t *view;

	if (a->outcome != OUTCOME_delivered ||
	    ulid_from_slice(a->delivery, &id) != ERR_OK ||
	    !passes(call, &id, a->project, a->event_name))
		return;
	if (s->one_lane && !slice_eq(a->webhook, ulid_slice(&s->lanes[0])))
		return;
	if ((*shown)++ < skip)
		return;
	view = view_ended("delivered", a);
	if (view)
		json_array_append_new(s->data, view);
}

static void take_attempts(struct call *call, struct slice frame)
{
	struct walk *s = call->state;
	uint64_t count, shown = 0, skip = s->skip, i;
	struct msg_attempt attempt;

	s->skip = SKIP_ALL;
	if (!frame_open(&frame, MSG_attempt, &count))
		return;
	for (i = 0; i < count && !is_full(s); i++) {
		if (msg_decode_attempt(&frame, &attempt) != ERR_OK)
			break;
		s->examined++;
		take_attempt(call, &attempt, &shown, skip);
	}
	if (is_full(s))
		s->skip = shown;
}

/* An attempt is never older than its delivery: with "since" the rest is not
 * read. */
static bool is_before_since(const struct walk *s, struct slice id)
{
	struct slice time;
	uint64_t ms;

	return slice_cut(&id, '-', &time) && slice_parse_u64(time, &ms) &&
	       ms < stream_since(s->since_ms);
}

static void on_attempts(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct walk *s = call->state;
	size_t n = reply_count(reply);
	bool over = n == 0;

	if (!call_redis_ok(call, e))
		return;
	for (size_t i = 0; i < n && !is_full(s) && !over; i++) {
		const struct reply *entry = reply_part(reply, i);
		struct slice id = reply_bytes(reply_part(entry, 0));

		if (!slice_eq_str(id, s->position))
			s->skip = 0;
		slice_cstr(s->position, sizeof(s->position), id);
		over = is_before_since(s, id);
		if (!over)
			take_attempts(call,
				      reply_field(reply_part(entry, 1), "a"));
	}
	if (over)
		next_source(s);
	step(call);
}

static void ask_attempts(struct call *call)
{
	struct walk *s = call->state;
	char key[KEY_SIZE], from[POSITION_SIZE + 2];
	struct slice name =
	    key_partition(key, call_partition(call), "attempts");
	struct slice start = stream_from(s, "+", from, sizeof(from));

	call_sent(call,
		  redis_commandf(call->console->redis, on_attempts, call,
				 "XREVRANGE %b %b - COUNT %d", name.p, name.n,
				 start.p, start.n, ATTEMPTS_CHUNK));
}

/* --- the request ------------------------------------------------------- */

/* One question to Redis, or the answer. */
static void step(struct call *call)
{
	struct walk *s = call->state;

	while (s->place < N_PLACES && !is_wanted(s)) {
		walk_restart(s);
		s->lane = 0;
		s->place++;
	}
	if (s->place == N_PLACES || is_full(s) || s->steps++ >= STEPS_MAX ||
	    s->examined >= EXAMINED_MAX)
		finish(call);
	else if (s->place == PLACE_LOG)
		ask_log(call);
	else if (s->place == PLACE_ATTEMPTS)
		ask_attempts(call);
	else if (s->place == PLACE_CHAIN)
		call_sent(call, chain_ask(call, &s->lanes[s->lane], s->position,
					  on_set, call));
	else
		ask_set(call);
}

void delivery_list(struct call *call)
{
	struct walk *s = call_state(call, sizeof(*s), state_free);

	if (walk_read(call, s))
		step(call);
}
