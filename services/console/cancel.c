/*
 * cancel - takes deliveries that wait out of the queue, for good.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cancel.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "bulk.h"
#include "chain.h"
#include "console.h"
#include "proto/message.h"
#include "store/keys.h"
#include "view.h"

#define WHY "cancelled"
#define BYTES_MAX (64u * 1024 * 1024)
#define FIXED_ARGS 4
#define MEMBER_BYTES 32 /* of a chain: its place, 16 bytes, and its id */

struct one {
	struct ulid id;
	char *record; /* owned */
	size_t n;
	char member[MEMBER_BYTES]; /* of its key's chain */
	size_t n_member;	   /* 0: it is in none */
};

struct cancel {
	struct call *call;
	struct ulid webhook;
	struct ulid line; /* whose chain it is in */
	uint64_t now_ms;
	struct one ones[BULK_CHUNK];
	size_t n;
	cancel_done_fn *fn;
};

static void cancel_free(struct cancel *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->ones[i].record);
	free(c);
}

struct cancel *cancel_new(struct call *call, const struct ulid *webhook)
{
	struct cancel *c = xcalloc(1, sizeof(*c));

	c->call = call;
	c->webhook = *webhook;
	c->line = chain_line(call, webhook);
	c->now_ms = wall_ms();
	return c;
}

bool cancel_add(struct cancel *c, const struct ulid *id, struct slice record)
{
	struct msg_delivery m;
	struct one *o = &c->ones[c->n];

	if (!frame_delivery(record, &m))
		return false;
	must(c->n < BULK_CHUNK);
	*o =
	    (struct one){.id = *id, .record = slice_dup(record), .n = record.n};
	if (m.ordering.n + sizeof(id->b) == MEMBER_BYTES) {
		memcpy(o->member, m.ordering.p, m.ordering.n);
		memcpy(o->member + m.ordering.n, id->b, sizeof(id->b));
		o->n_member = MEMBER_BYTES;
	}
	c->n++;
	return true;
}

/* --- what is written --------------------------------------------------- */

/* What had to do with its turn is left out: it has none any more. */
static void encode_dead(struct buf *out, const struct msg_delivery *was)
{
	const struct msg_delivery m = {
	    .event = was->event,
	    .webhook = was->webhook,
	    .project = was->project,
	    .event_name = was->event_name,
	    .created_ms = was->created_ms,
	    .tries = was->tries,
	    .dead = 1,
	    .last_ms = was->last_ms,
	    .last_status = was->last_status,
	    .last_error = SLICE_LIT(WHY),
	};
	size_t at = msg_frame_start(out, MSG_delivery, 0, 0);

	msg_encode_delivery(out, &m);
	msg_frame_finish(out, at, 1);
}

static void encode_attempt(struct buf *out, const struct cancel *c,
			   const struct ulid *id, const struct msg_delivery *m)
{
	const struct msg_attempt a = {
	    .delivery = ulid_slice(id),
	    .event = m->event,
	    .webhook = m->webhook,
	    .project = m->project,
	    .event_name = m->event_name,
	    .outcome = OUTCOME_dead,
	    .created_ms = m->created_ms,
	    .started_ms = c->now_ms,
	    .error = SLICE_LIT(WHY),
	};

	msg_encode_attempt(out, &a);
}

struct written {
	struct buf records, attempts;
	size_t at[BULK_CHUNK + 1]; /* where each record begins, and the end */
};

static void encode(const struct cancel *c, struct written *w)
{
	struct msg_delivery m;
	size_t at;

	buf_init(&w->records, BYTES_MAX);
	buf_init(&w->attempts, BYTES_MAX);
	at = msg_frame_start(&w->attempts, MSG_attempt, 0, 0);
	for (size_t i = 0; i < c->n; i++) {
		const struct one *o = &c->ones[i];

		must(frame_delivery(slice_bytes(o->record, o->n), &m));
		w->at[i] = w->records.n;
		encode_dead(&w->records, &m);
		encode_attempt(&w->attempts, c, &o->id, &m);
	}
	w->at[c->n] = w->records.n;
	msg_frame_finish(&w->attempts, at, c->n);
	must(!buf_full(&w->records) && !buf_full(&w->attempts));
}

/* --- the script -------------------------------------------------------- */

static void ask(struct cancel *c);

/* Leaves out those whose places the script has answered, in ascending order. */
static void leave_out(struct cancel *c, const struct reply *reply)
{
	size_t kept = 0, next = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (next < reply_count(reply) &&
		    (size_t)reply_int(reply_at(reply, next)) == i) {
			free(c->ones[i].record);
			next++;
		} else {
			c->ones[kept++] = c->ones[i];
		}
	}
	c->n = kept;
}

static void end(struct cancel *c, enum err e)
{
	struct call *call = c->call;
	cancel_done_fn *fn = c->fn;
	uint64_t n = e == ERR_OK ? c->n : 0;

	cancel_free(c);
	fn(call, e, n);
}

static void on_cancelled(void *arg, enum err e, const struct reply *reply)
{
	struct cancel *c = arg;

	if (e != ERR_OK || reply_count(reply) == 0) {
		end(c, e);
	} else {
		leave_out(c, reply);
		ask(c);
	}
}

enum { KEYS_N = 10 };

static void set_keys(const struct cancel *c, char text[KEYS_N][KEY_SIZE],
		     struct slice keys[KEYS_N])
{
	static const struct {
		const char *name;
		bool of_lane;
	} names[KEYS_N] = {{"delivery", false}, {"dead", true},
			   {"stats", true},	{"attempts", false},
			   {"parcel", false},	{"chain", true},
			   {"due", false},	{"held", false},
			   {"backlog", true},	{"chains", false}};
	uint64_t p = call_partition(c->call);

	for (size_t i = 0; i < KEYS_N; i++) {
		if (!strcmp(names[i].name, "chain"))
			keys[i] = key_lane(text[i], p, "chain", c->line.b);
		else if (names[i].of_lane)
			keys[i] =
			    key_lane(text[i], p, names[i].name, c->webhook.b);
		else
			keys[i] = key_partition(text[i], p, names[i].name);
	}
}

static size_t set_ones(const struct cancel *c, const struct written *w,
		       struct slice *argv)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct one *o = &c->ones[i];

		argv[n++] = ulid_slice(&o->id);
		argv[n++] = slice_bytes(o->record, o->n);
		argv[n++] = slice_bytes(w->records.p + w->at[i],
					w->at[i + 1] - w->at[i]);
		argv[n++] = slice_bytes(o->member, o->n_member);
	}
	return n;
}

static void send_script(struct cancel *c, const struct written *w)
{
	char text[KEYS_N][KEY_SIZE], now[24], count[24], id[ID_TEXT_SIZE];
	struct slice keys[KEYS_N], argv[FIXED_ARGS + 4 * BULK_CHUNK];
	enum err e;

	set_keys(c, text, keys);
	snprintf(now, sizeof(now), "%llu", (unsigned long long)c->now_ms);
	snprintf(count, sizeof(count), "%zu", c->n);
	argv[0] = slice_of(now);
	argv[1] = buf_slice(&w->attempts);
	argv[2] = slice_of(count);
	argv[3] = slice_of(ulid_format(id, "wh", &c->line) + 3);
	e = redis_script(c->call->console->redis, SCRIPT_CANCEL, keys, KEYS_N,
			 argv, FIXED_ARGS + set_ones(c, w, argv + FIXED_ARGS),
			 on_cancelled, c);
	if (e != ERR_OK)
		end(c, e);
}

static void ask(struct cancel *c)
{
	struct written w;

	if (c->n == 0) {
		end(c, ERR_OK);
		return;
	}
	encode(c, &w);
	send_script(c, &w);
	buf_fini(&w.records);
	buf_fini(&w.attempts);
}

void cancel_send(struct cancel *c, cancel_done_fn *fn)
{
	c->fn = fn;
	ask(c);
}
