/*
 * bulk_sets - the steps of a bulk request in the sorted sets of deliveries.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads a part of the set with its records, chooses, and moves the chosen by a
 * script that looks again. What is chosen leaves the set, so the place to go on
 * is the last score, less what was left there.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "bulk.h"
#include "cancel.h"
#include "chain.h"
#include "console.h"
#include "store/keys.h"
#include "view.h"

#define CHUNK_TEXT "256"
#define RECORDS_BYTES_MAX (4u * 1024 * 1024)

static struct slice set_key(struct call *call, char out[KEY_SIZE])
{
	const struct bulk *b = call->state;
	uint64_t p = call_partition(call);

	if (b->source == BULK_DUE)
		return key_partition(out, p, "due");
	return key_lane(out, p, b->source == BULK_DEAD ? "dead" : "backlog",
			b->webhook.b);
}

/* --- choosing ---------------------------------------------------------- */

struct chosen {
	struct ulid ids[BULK_CHUNK];
	struct slice records[BULK_CHUNK]; /* views of the reply */
	size_t n;
	bool over; /* past the end of what is wanted */
};

static bool is_wanted(struct call *call, const struct ulid *id,
		      struct slice frame)
{
	const struct bulk *b = call->state;
	struct msg_delivery m;

	return frame_delivery(frame, &m) &&
	       slice_eq(m.project, call->params[0]) &&
	       slice_eq(m.webhook, ulid_slice(&b->webhook)) &&
	       bulk_wants_name(b, m.event_name) &&
	       (b->source == BULK_DEAD || bulk_wants_time(b, id));
}

static void move_to(struct bulk *b, struct slice score)
{
	if (slice_eq_str(score, b->position))
		return;
	slice_cstr(b->position, sizeof(b->position), score);
	b->skip = 0;
}

/* False: no more of this reply. */
static bool look_at(struct call *call, const struct reply *reply, size_t i,
		    struct chosen *chosen)
{
	struct bulk *b = call->state;
	struct slice score = reply_bytes(reply_part(reply, i + 1));
	struct slice frame = reply_bytes(reply_part(reply, i + 2));
	struct ulid id;
	uint64_t ms;

	chosen->over = b->source == BULK_DEAD && slice_parse_u64(score, &ms) &&
		       ms > b->until_ms;
	if (chosen->over || chosen->n == bulk_room(b))
		return false;
	move_to(b, score);
	if (ulid_from_slice(reply_bytes(reply_part(reply, i)), &id) != ERR_OK ||
	    !is_wanted(call, &id, frame)) {
		b->skip++;
		return true;
	}
	chosen->ids[chosen->n] = id;
	chosen->records[chosen->n++] = frame;
	return true;
}

/* --- moving ------------------------------------------------------------ */

static void on_replayed(void *arg, enum err e, const struct reply *reply)
{
	bulk_moved(arg, e, (uint64_t)reply_int(reply));
}

/* It begins anew, and where it stood among others is over. */
static struct msg_delivery fresh(const struct msg_delivery *was)
{
	return (struct msg_delivery){
	    .event = was->event,
	    .webhook = was->webhook,
	    .project = was->project,
	    .event_name = was->event_name,
	    .created_ms = was->created_ms,
	    .last_ms = was->last_ms,
	    .last_status = was->last_status,
	    .last_error = was->last_error,
	};
}

/* Where each record ends goes to end. */
static void encode_fresh(const struct chosen *chosen, struct buf *out,
			 size_t end[BULK_CHUNK])
{
	struct msg_delivery m;
	size_t at;

	for (size_t i = 0; i < chosen->n; i++) {
		must(frame_delivery(chosen->records[i], &m));
		m = fresh(&m);
		at = msg_frame_start(out, MSG_delivery, 0, 0);
		msg_encode_delivery(out, &m);
		msg_frame_finish(out, at, 1);
		end[i] = out->n;
	}
	must(!buf_full(out));
}

static void send_replay(struct call *call, const struct slice *argv, size_t n)
{
	const struct bulk *b = call->state;
	uint64_t p = call_partition(call);
	char delivery[KEY_SIZE], dead[KEY_SIZE], backlog[KEY_SIZE];
	char backlogs[KEY_SIZE];
	const struct slice keys[] = {
	    key_partition(delivery, p, "delivery"),
	    key_lane(dead, p, "dead", b->webhook.b),
	    key_lane(backlog, p, "backlog", b->webhook.b),
	    key_partition(backlogs, p, "backlogs"),
	};

	bulk_ok(call, redis_script(call->console->redis, SCRIPT_REPLAY, keys, 4,
				   argv, n, on_replayed, call));
}

static void ask_replay(struct call *call, const struct chosen *chosen)
{
	const struct bulk *b = call->state;
	struct slice argv[2 + 2 * BULK_CHUNK];
	size_t end[BULK_CHUNK], from = 0;
	char score[24], id[ID_TEXT_SIZE];
	struct buf records;

	buf_init(&records, RECORDS_BYTES_MAX);
	encode_fresh(chosen, &records, end);
	snprintf(score, sizeof(score), "%llu",
		 (unsigned long long)(wall_ms() + BACKLOG_BEHIND_MS));
	argv[0] = slice_of(score);
	argv[1] = slice_of(ulid_format(id, "wh", &b->webhook) + 3);
	for (size_t i = 0; i < chosen->n; i++) {
		argv[2 + 2 * i] = ulid_slice(&chosen->ids[i]);
		argv[3 + 2 * i] = slice_bytes(records.p + from, end[i] - from);
		from = end[i];
	}
	send_replay(call, argv, 2 + 2 * chosen->n);
	buf_fini(&records);
}

static void ask_cancel(struct call *call, const struct chosen *chosen)
{
	const struct bulk *b = call->state;
	struct cancel *c = cancel_new(call, &b->webhook);

	for (size_t i = 0; i < chosen->n; i++)
		must(cancel_add(c, &chosen->ids[i], chosen->records[i]));
	cancel_send(c, bulk_moved);
}

static void on_set(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct bulk *b = call->state;
	struct chosen chosen = {0};
	size_t n = reply_count(reply) / 3, i = 0;

	if (!bulk_ok(call, e))
		return;
	while (i < n && look_at(call, reply, 3 * i, &chosen))
		i++;
	if (chosen.n > 0 && b->cancel)
		ask_cancel(call, &chosen);
	else if (chosen.n > 0)
		ask_replay(call, &chosen);
	if (chosen.n > 0)
		return;
	if (chosen.over || n == 0)
		bulk_next_source(b);
	bulk_step(call);
}

void bulk_ask_set(struct call *call)
{
	struct bulk *b = call->state;
	char set[KEY_SIZE], delivery[KEY_SIZE], skip[24];
	const struct slice keys[] = {
	    set_key(call, set),
	    key_partition(delivery, call_partition(call), "delivery"),
	};
	struct slice argv[4] = {
	    {0}, SLICE_LIT("0"), {0}, SLICE_LIT(CHUNK_TEXT)};

	/* The dead are in the order of what since is about. */
	if (!b->position[0] && b->source == BULK_DEAD)
		snprintf(b->position, sizeof(b->position), "%llu",
			 (unsigned long long)b->since_ms);
	snprintf(skip, sizeof(skip), "%llu", (unsigned long long)b->skip);
	argv[0] = b->position[0] ? slice_of(b->position) : SLICE_LIT("-inf");
	argv[2] = slice_of(skip);
	bulk_ok(call, redis_script(call->console->redis, SCRIPT_LIST_LANE, keys,
				   2, argv, 4, on_set, call));
}

/* A member's position is where it goes on, whatever was left there. */
void bulk_ask_chain(struct call *call)
{
	struct bulk *b = call->state;

	bulk_ok(call, chain_ask(call, &b->webhook, b->position, on_set, call));
}
