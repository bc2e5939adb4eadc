/*
 * find - looks for one event in a partition's log or among those kept, for
 * attempts in their stream, and for the record of a delivery.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "find.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "console.h"
#include "store/keys.h"
#include "view.h"

#define LOG_CHUNK "16"
#define LOG_CHUNK_BYTES "4194304"
#define STREAM_CHUNK 64
#define SETTLED_CHUNK 8
#define EXAMINED_MAX 100000
#define LOG_EXAMINED_MAX 20000
#define QUIET_MAX 20000
#define POSITION_SIZE 48

struct finder {
	struct call *call;
	struct ulid id;
	bool of_delivery;
	find_event_fn *fn;
	struct find_attempts what;
	char from[POSITION_SIZE];
	size_t examined;
	bool passed;	  /* the log is past the time of the id */
	size_t quiet;	  /* attempts since the last that was wanted */
	uint64_t next_ms; /* announced by that; 0: none */
};

bool is_entry_id(struct slice s)
{
	struct slice ms;
	uint64_t n;

	return slice_cut(&s, '-', &ms) && slice_parse_u64(ms, &n) &&
	       slice_parse_u64(s, &n);
}

uint64_t stream_since(uint64_t ms)
{
	return ms > CLOCK_SLACK_MS ? ms - CLOCK_SLACK_MS : 0;
}

/* A stream is read from the time in which this was made. */
static void from_time(struct finder *f, const struct ulid *id)
{
	snprintf(f->from, sizeof(f->from), "%llu",
		 (unsigned long long)stream_since(ulid_wall_ms(id)));
}

static void go_behind(struct finder *f, struct slice id)
{
	f->from[0] = '(';
	slice_cstr(f->from + 1, sizeof(f->from) - 1, id);
}

static void ask_stream(struct finder *f, const char *stream, int entries,
		       redis_reply_fn *fn)
{
	char key[KEY_SIZE];
	struct slice k = key_partition(key, call_partition(f->call), stream);

	if (!call_sent(f->call, redis_commandf(f->call->console->redis, fn, f,
					       "XRANGE %b %s + COUNT %d", k.p,
					       k.n, f->from, entries)))
		free(f);
}

static bool is_answered(struct finder *f, enum err e)
{
	if (call_redis_ok(f->call, e))
		return true;
	free(f);
	return false;
}

static void not_found(struct finder *f)
{
	f->fn(f->call, NULL, NULL, 0);
	free(f);
}

/* --- the log ----------------------------------------------------------- */

static void ask_log(struct finder *f);

/* Has the event a delivery of this id? Both bear the same time, so that nearly
 * all are told apart without a hash. */
static bool has_delivery(const struct finder *f, const struct msg_event *event)
{
	const struct config *config = f->call->console->config;
	struct ulid event_id, id;
	struct webhook *w;
	size_t pos = 0;

	if (ulid_from_slice(event->id, &event_id) != ERR_OK ||
	    ulid_wall_ms(&event_id) != ulid_wall_ms(&f->id))
		return false;
	while ((w = config_next_webhook(config, &pos))) {
		if (!slice_eq_str(event->project, w->project))
			continue;
		id = ulid_derive(&event_id, &w->id);
		if (ulid_eq(&id, &f->id))
			return true;
	}
	return false;
}

static bool is_it(const struct finder *f, const struct msg_event *event)
{
	if (!slice_eq(event->project, f->call->params[0]))
		return false;
	return f->of_delivery ? has_delivery(f, event)
			      : slice_eq(event->id, ulid_slice(&f->id));
}

/* The log is in the order of acceptance, but for the clocks. */
static bool is_later(const struct finder *f, const struct msg_event *event)
{
	struct ulid id;

	return ulid_from_slice(event->id, &id) == ERR_OK &&
	       ulid_wall_ms(&id) > ulid_wall_ms(&f->id) + CLOCK_SLACK_MS;
}

/* True when it was there: the finder is gone then. */
static bool search_entry(struct finder *f, struct slice frame,
			 struct slice mark_frame)
{
	struct call *call = f->call;
	find_event_fn *fn = f->fn;
	struct msg_mark mark = {0};
	struct msg_event event;
	uint64_t count;

	if (!frame_open(&frame, MSG_event, &count) ||
	    (mark_frame.n && !frame_mark(mark_frame, &mark)))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		if (msg_decode_event(&frame, &event) != ERR_OK)
			return false;
		f->examined++;
		f->passed |= is_later(f, &event);
		if (!is_it(f, &event))
			continue;
		free(f);
		fn(call, &event, &mark, i);
		return true;
	}
	return false;
}

static void on_log(void *arg, enum err e, const struct reply *reply)
{
	struct finder *f = arg;
	size_t n = reply_count(reply) / 3;

	if (!is_answered(f, e))
		return;
	for (size_t i = 0; i < n; i++) {
		go_behind(f, reply_bytes(reply_part(reply, 3 * i)));
		if (search_entry(f, reply_bytes(reply_part(reply, 3 * i + 1)),
				 reply_bytes(reply_part(reply, 3 * i + 2))))
			return;
	}
	if (n == 0 || f->passed || f->examined >= LOG_EXAMINED_MAX) {
		not_found(f);
		return;
	}
	ask_log(f);
}

static void ask_log(struct finder *f)
{
	uint64_t p = call_partition(f->call);
	char log[KEY_SIZE], mark[KEY_SIZE];
	const struct slice keys[] = {key_partition(log, p, "log"),
				     key_partition(mark, p, "mark")};
	const struct slice argv[] = {slice_of(f->from), SLICE_LIT(LOG_CHUNK),
				     SLICE_LIT(LOG_CHUNK_BYTES)};

	if (!call_sent(f->call,
		       redis_script(f->call->console->redis, SCRIPT_LIST_LOG,
				    keys, 2, argv, 3, on_log, f)))
		free(f);
}

void find_event(struct call *call, const struct ulid *id, bool of_delivery,
		find_event_fn *fn)
{
	struct finder *f = xcalloc(1, sizeof(*f));

	f->call = call;
	f->id = *id;
	f->of_delivery = of_delivery;
	f->fn = fn;
	snprintf(f->from, sizeof(f->from), "-");
	ask_log(f);
}

/* --- what is settled and kept ------------------------------------------ */

static void ask_settled(struct finder *f);

static void on_settled(void *arg, enum err e, const struct reply *reply)
{
	struct finder *f = arg;
	size_t n = reply_count(reply);

	if (!is_answered(f, e))
		return;
	for (size_t i = 0; i < n; i++) {
		const struct reply *entry = reply_part(reply, i);

		go_behind(f, reply_bytes(reply_part(entry, 0)));
		if (search_entry(f, reply_field(reply_part(entry, 1), "b"),
				 SLICE_LIT("")))
			return;
	}
	if (n == 0 || f->passed || f->examined >= EXAMINED_MAX) {
		not_found(f);
		return;
	}
	ask_settled(f);
}

static void ask_settled(struct finder *f)
{
	ask_stream(f, "events", SETTLED_CHUNK, on_settled);
}

void find_settled_event(struct call *call, const struct ulid *id,
			find_event_fn *fn)
{
	struct finder *f = xcalloc(1, sizeof(*f));

	f->call = call;
	f->id = *id;
	f->fn = fn;
	from_time(f, id);
	ask_settled(f);
}

/* --- the attempts ------------------------------------------------------ */

static void ask_attempts(struct finder *f);

/* Nothing of one delivery lies before the next try that was announced, unless
 * somebody retried it by hand. */
static void note_next(struct finder *f, const struct msg_attempt *a)
{
	if (f->what.of_event)
		return;
	f->next_ms = a->next_ms;
	f->quiet = 0;
}

/* So a good deal is read before it is believed. */
static void jump(struct finder *f)
{
	uint64_t here = strtoull(f->from + 1, NULL, 10);

	if (f->quiet < QUIET_MAX || f->next_ms < here + 2 * CLOCK_SLACK_MS)
		return;
	snprintf(f->from, sizeof(f->from), "%llu",
		 (unsigned long long)(f->next_ms - CLOCK_SLACK_MS));
	f->next_ms = 0;
	f->quiet = 0;
}

/* False: enough. */
static bool search_attempts(struct finder *f, struct slice frame)
{
	struct msg_attempt a;
	uint64_t count;

	if (!frame_open(&frame, MSG_attempt, &count))
		return true;
	for (uint64_t i = 0; i < count; i++) {
		if (msg_decode_attempt(&frame, &a) != ERR_OK)
			return true;
		f->examined++;
		f->quiet++;
		if (!slice_eq(f->what.of_event ? a.event : a.delivery,
			      ulid_slice(&f->what.id)))
			continue;
		note_next(f, &a);
		if (!f->what.on_attempt(f->call, &a))
			return false;
	}
	return true;
}

static void attempts_end(struct finder *f)
{
	struct call *call = f->call;
	void (*on_end)(struct call *) = f->what.on_end;

	free(f);
	on_end(call);
}

static void on_attempts(void *arg, enum err e, const struct reply *reply)
{
	struct finder *f = arg;
	size_t n = reply_count(reply);

	if (!is_answered(f, e))
		return;
	for (size_t i = 0; i < n; i++) {
		const struct reply *entry = reply_part(reply, i);

		go_behind(f, reply_bytes(reply_part(entry, 0)));
		if (!search_attempts(f,
				     reply_field(reply_part(entry, 1), "a"))) {
			attempts_end(f);
			return;
		}
	}
	if (n == 0 || f->examined >= EXAMINED_MAX) {
		attempts_end(f);
		return;
	}
	jump(f);
	ask_attempts(f);
}

static void ask_attempts(struct finder *f)
{
	ask_stream(f, "attempts", STREAM_CHUNK, on_attempts);
}

void find_attempts(struct call *call, const struct find_attempts *what)
{
	struct finder *f = xcalloc(1, sizeof(*f));

	f->call = call;
	f->what = *what;
	from_time(f, &what->id);
	ask_attempts(f);
}

/* --- the record of a delivery ------------------------------------------- */

static const char *status_of(const struct msg_delivery *record,
			     struct slice due, struct slice held)
{
	if (held.n)
		return "sending";
	if (due.n)
		return "waiting";
	return record->dead ? "dead" : "queued";
}

bool found_record(const struct reply *reply, struct found_record *found)
{
	struct slice due = reply_bytes(reply_part(reply, 1));
	struct slice held = reply_bytes(reply_part(reply, 2));

	found->frame = reply_bytes(reply_part(reply, 0));
	if (!frame_delivery(found->frame, &found->record))
		return false;
	found->status = status_of(&found->record, due, held);
	if (!slice_parse_u64(due, &found->due_ms))
		found->due_ms = 0;
	return true;
}

void find_record(struct call *call, const struct ulid *id, redis_reply_fn *fn)
{
	uint64_t p = call_partition(call);
	char delivery[KEY_SIZE], due[KEY_SIZE], held[KEY_SIZE];
	const struct slice keys[] = {key_partition(delivery, p, "delivery"),
				     key_partition(due, p, "due"),
				     key_partition(held, p, "held")};
	const struct slice argv = ulid_slice(id);

	call_sent(call, redis_script(call->console->redis, SCRIPT_DELIVERY,
				     keys, 3, &argv, 1, fn, call));
}
