/*
 * bulk_kept - the steps of a replay of settled events that are kept.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads entries of the stream, and makes a delivery of each event that the
 * webhook wants now. Its id follows from event and webhook, so what waits or is
 * dead already is not made twice.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "bulk.h"
#include "console.h"
#include "find.h"
#include "store/keys.h"
#include "view.h"
#include "wants.h"

#define ENTRIES 8
/* Of events in one script: it stops with the one that exceeds it. */
#define CHUNK_BYTES (1024u * 1024)
#define BYTES_MAX (64u * 1024 * 1024)
#define ARGS_EACH 4

/* The arguments of one script: bytes, and where each argument ends. */
struct made {
	struct buf bytes;
	size_t end[ARGS_EACH * BULK_CHUNK];
	size_t n_args;
	uint64_t room;
};

/* --- choosing ---------------------------------------------------------- */

static void end_arg(struct made *m)
{
	m->end[m->n_args++] = m->bytes.n;
}

static void add(struct made *m, const struct bulk *b, const struct ulid *id,
		const struct msg_event *event)
{
	const struct msg_delivery record = {
	    .event = event->id,
	    .webhook = ulid_slice(&b->webhook),
	    .project = event->project,
	    .event_name = event->name,
	    .created_ms = event->created_ms,
	};
	size_t at;

	buf_append(&m->bytes, id->b, sizeof(id->b));
	end_arg(m);
	buf_append(&m->bytes, event->id.p, event->id.n);
	end_arg(m);
	at = msg_frame_start(&m->bytes, MSG_delivery, 0, 0);
	msg_encode_delivery(&m->bytes, &record);
	msg_frame_finish(&m->bytes, at, 1);
	end_arg(m);
	at = msg_frame_start(&m->bytes, MSG_event, 0, 0);
	msg_encode_event(&m->bytes, event);
	msg_frame_finish(&m->bytes, at, 1);
	end_arg(m);
	must(!buf_full(&m->bytes));
}

static bool passes_filter(const struct webhook *w,
			  const struct msg_event *event)
{
	struct wants wants = wants_of(event);
	bool passes = wants_webhook(&wants, w);

	wants_end(&wants);
	return passes;
}

/* An expired one would only be dead. */
static bool is_wanted(const struct bulk *b, const struct webhook *w,
		      const struct msg_event *event, const struct ulid *id)
{
	return bulk_wants_time(b, id) && bulk_wants_name(b, event->name) &&
	       (event->expires_ms == 0 || event->expires_ms > wall_ms()) &&
	       passes_filter(w, event);
}

static bool is_full(const struct made *m)
{
	return m->n_args / ARGS_EACH >= m->room || m->bytes.n >= CHUNK_BYTES;
}

/* False when it is full; skip says then how far the entry has been read. */
static bool take_entry(struct bulk *b, const struct webhook *w,
		       struct slice frame, struct made *m)
{
	uint64_t first = b->skip, count;
	struct msg_event event;
	struct ulid id, delivery;

	b->skip = SKIP_ALL;
	if (!frame_open(&frame, MSG_event, &count))
		return true;
	for (uint64_t i = 0; i < count; i++) {
		if (msg_decode_event(&frame, &event) != ERR_OK)
			return true;
		if (i < first || ulid_from_slice(event.id, &id) != ERR_OK ||
		    !is_wanted(b, w, &event, &id))
			continue;
		if (is_full(m)) {
			b->skip = i;
			return false;
		}
		delivery = ulid_derive(&id, &b->webhook);
		add(m, b, &delivery, &event);
	}
	return true;
}

static void take_entries(struct bulk *b, const struct webhook *w,
			 const struct reply *reply, struct made *m)
{
	bool goes_on = true;

	for (size_t i = 0; i < reply_count(reply) && goes_on; i++) {
		const struct reply *entry = reply_part(reply, i);
		struct slice id = reply_bytes(reply_part(entry, 0));

		if (!slice_eq_str(id, b->position))
			b->skip = 0;
		slice_cstr(b->position, sizeof(b->position), id);
		goes_on =
		    take_entry(b, w, reply_field(reply_part(entry, 1), "b"), m);
	}
}

/* --- making ------------------------------------------------------------ */

static void on_made(void *arg, enum err e, const struct reply *reply)
{
	bulk_moved(arg, e, (uint64_t)reply_int(reply));
}

static void ask_make(struct call *call, const struct made *m)
{
	const struct bulk *b = call->state;
	uint64_t p = call_partition(call);
	char delivery[KEY_SIZE], event[KEY_SIZE], ref[KEY_SIZE];
	char backlog[KEY_SIZE], backlogs[KEY_SIZE], score[24], id[ID_TEXT_SIZE];
	const struct slice keys[] = {
	    key_partition(delivery, p, "delivery"),
	    key_partition(event, p, "event"),
	    key_partition(ref, p, "ref"),
	    key_lane(backlog, p, "backlog", b->webhook.b),
	    key_partition(backlogs, p, "backlogs"),
	};
	struct slice argv[2 + ARGS_EACH * BULK_CHUNK];
	size_t from = 0;

	snprintf(score, sizeof(score), "%llu",
		 (unsigned long long)(wall_ms() + BACKLOG_BEHIND_MS));
	argv[0] = slice_of(score);
	argv[1] = slice_of(ulid_format(id, "wh", &b->webhook) + 3);
	for (size_t i = 0; i < m->n_args; i++) {
		argv[2 + i] = slice_bytes(m->bytes.p + from, m->end[i] - from);
		from = m->end[i];
	}
	bulk_ok(call,
		redis_script(call->console->redis, SCRIPT_REPLAY_KEPT, keys, 5,
			     argv, 2 + m->n_args, on_made, call));
}

static void on_entries(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct bulk *b = call->state;
	const struct webhook *w =
	    config_webhook(call->console->config, &b->webhook);
	struct made m = {.room = bulk_room(b)};

	if (!bulk_ok(call, e))
		return;
	/* Deleted or disabled meanwhile. */
	if (reply_count(reply) == 0 || !w || !w->enabled) {
		bulk_next_source(b);
		bulk_step(call);
		return;
	}
	buf_init(&m.bytes, BYTES_MAX);
	take_entries(b, w, reply, &m);
	if (m.n_args > 0)
		ask_make(call, &m);
	else
		bulk_step(call);
	buf_fini(&m.bytes);
}

/* An entry's id is the time it was settled, after its events' acceptance. */
static void first_position(struct bulk *b)
{
	snprintf(b->position, sizeof(b->position), "%llu-0",
		 (unsigned long long)stream_since(b->since_ms));
	b->skip = 0;
}

void bulk_ask_kept(struct call *call)
{
	struct bulk *b = call->state;
	char key[KEY_SIZE];
	struct slice events;

	if (!b->position[0])
		first_position(b);
	events = key_partition(key, call_partition(call), "events");
	bulk_ok(call, redis_commandf(call->console->redis, on_entries, call,
				     "XRANGE %b %s%s + COUNT %d", events.p,
				     events.n, b->skip == SKIP_ALL ? "(" : "",
				     b->position, ENTRIES));
}
