/*
 * writer - one partition's appends, one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include "batch.h"
#include "witness.h"

/* The log of a partition knows an ingest's last batch for as long as this. */
#define GUARD_MS "604800000"
#define FIXED_KEYS 3
#define FIXED_ARGS 6
#define RETRY_AFTER_MS 1000

enum flight {
	FLIGHT_NONE,
	FLIGHT_ASKED,	 /* Redis is asked */
	FLIGHT_HELD,	 /* to be asked again */
	FLIGHT_APPENDED, /* in the log; replicas are waited for */
	FLIGHT_TAKEN,	 /* of some the keys are taken; replicas as well */
};

struct writer {
	struct list node;	  /* in the owner's list of dirty ones */
	struct writer_context *c; /* borrowed */
	uint64_t partition;
	enum flight flight;
	struct batch *batch; /* owned; the one under way */
	uint64_t number;     /* of it */
	uint64_t asked_us;
	uint64_t round;	     /* of the witness, that covers it */
	uint64_t seq;	     /* FLIGHT_APPENDED: its number in the log */
	bool unsure;	     /* an answer was lost: it may be in the log */
	bool proven;	     /* Redis is the one that took the last append */
	uint64_t home;	     /* who has the partition, on a cluster */
	struct list waiting; /* of batches; the last one is filling */
	uint64_t newest; /* publication that last got a part here, by serial */
};

/* ---- the end of a publication ---- */

static void on_finished(void *arg, struct publication *p)
{
	struct writer_context *c = arg;

	c->finished(c->arg, p);
}

struct refusal {
	struct writer_context *c;
	const struct fault *fault;
};

static void on_refused(void *arg, struct publication *p)
{
	struct refusal *r = arg;

	if (--p->parts_left == 0)
		r->c->refused(r->c->arg, p, r->fault);
}

/* Only held publications are left; true when none is. */
static bool refuse_batch(struct writer *w, struct batch *b, bool all,
			 const struct fault *fault)
{
	struct refusal r = {w->c, fault};

	return batch_refuse(b, all, on_refused, &r);
}

static void refuse_waiting(struct writer *w, bool all,
			   const struct fault *fault)
{
	struct list *next;

	for (struct list *n = w->waiting.next; n != &w->waiting; n = next) {
		struct batch *b = batch_of_node(n);

		next = n->next;
		if (refuse_batch(w, b, all, fault))
			batch_free(&b);
	}
}

void writer_refuse_waiting(struct writer *w, const struct fault *fault)
{
	refuse_waiting(w, false, fault);
}

/* ---- asking Redis ---- */

static void on_answer(void *arg, enum err e, const struct reply *reply);

static void mark(struct writer *w)
{
	w->c->dirty(w->c->arg, w);
}

static void hold(struct writer *w)
{
	w->flight = FLIGHT_HELD;
	w->c->held(w->c->arg);
}

struct call {
	struct slice *keys, *argv; /* owned */
	size_t n_keys, argc;
	char names[FIXED_KEYS][KEY_SIZE];
	char number[NUMBER_SIZE], left_out[NUMBER_SIZE];
};

static void call_fill(struct call *c, struct writer *w, struct slice frame)
{
	const struct writer_context *shared = w->c;
	size_t n = batch_keys(w->batch);

	c->keys = xcalloc(FIXED_KEYS + n, sizeof(c->keys[0]));
	c->argv = xcalloc(FIXED_ARGS + n, sizeof(c->argv[0]));
	snprintf(c->number, sizeof(c->number), "%" PRIu64 " %" PRIu64,
		 shared->boot, w->number);
	c->keys[0] = key_partition(c->names[0], w->partition, "log");
	c->keys[1] = key_partition(c->names[1], w->partition, "seq");
	c->keys[2] =
	    key_partition(c->names[2], w->partition, shared->in_suffix);
	c->argv[0] = slice_of(c->number);
	c->argv[1] = frame;
	c->argv[2] = slice_of(shared->idempotency_ms);
	c->argv[3] = SLICE_LIT(GUARD_MS);
	snprintf(c->left_out, sizeof(c->left_out), "%" PRIu64,
		 w->proven ? 0 : numbers_left_out());
	c->argv[4] = slice_of(c->left_out);
	c->argv[5] = shared->witness ? SLICE_LIT("1") : SLICE_LIT("0");
	for (size_t i = 0; i < n; i++)
		batch_key_at(w->batch, i, &c->keys[FIXED_KEYS + i],
			     &c->argv[FIXED_ARGS + i]);
	c->n_keys = FIXED_KEYS + n;
	c->argc = FIXED_ARGS + n;
}

static void batch_done(struct writer *w)
{
	batch_free(&w->batch);
	w->flight = FLIGHT_NONE;
	w->unsure = false;
	mark(w);
}

static void look_home(struct writer *w)
{
	char key[KEY_SIZE];
	uint64_t home;

	if (!redis_is_parted(w->c->redis))
		return;
	home = redis_home(w->c->redis, key_partition(key, w->partition, "log"));
	w->proven = w->proven && home == w->home;
	w->home = home;
}

static void writer_ask(struct writer *w)
{
	struct slice frame = batch_frame(w->batch);
	struct call c = {0};
	enum err e;

	if (batch_live(w->batch) == 0) {
		batch_confirm(w->batch, on_finished, w->c);
		batch_done(w);
		return;
	}
	look_home(w);
	call_fill(&c, w, frame);
	e = redis_script(w->c->redis, w->c->script, c.keys, c.n_keys, c.argv,
			 c.argc, on_answer, w);
	free(c.keys);
	free(c.argv);
	if (e != ERR_OK) {
		hold(w);
		return;
	}
	w->flight = FLIGHT_ASKED;
	if (w->c->witness)
		w->round = witness_round(w->c->witness);
}

void writer_next(struct writer *w)
{
	struct list *first;

	if (!redis_is_up(w->c->redis))
		return;
	if (w->flight == FLIGHT_NONE) {
		first = list_pop(&w->waiting);
		if (!first)
			return;
		w->batch = batch_of_node(first);
		w->newest = 0;
		w->number = w->c->next_number++;
		w->asked_us = now_us();
	}
	if (w->flight == FLIGHT_NONE || w->flight == FLIGHT_HELD)
		writer_ask(w);
}

/* ---- Redis' answers ---- */

static void observe(struct writer *w)
{
	static const size_t bounds[] = {1, 8, 64, 256};
	struct writer_metrics *m = &w->c->m;
	size_t i = 0;

	while (i < 4 && batch_live(w->batch) > bounds[i])
		i++;
	++*m->batch_sizes[i];
	++*m->batches;
	histogram_observe_us(m->append_time, now_us() - w->asked_us);
}

static void on_stored(struct writer *w, uint64_t seq)
{
	struct writer_context *c = w->c;
	size_t n;
	char *frame;

	observe(w);
	frame = batch_take_frame(w->batch, &n);
	c->appended(c->arg, w->partition, seq, frame, n);
	batch_confirm(w->batch, on_finished, c);
	batch_done(w);
}

static void ask_again(struct writer *w)
{
	w->flight = FLIGHT_HELD;
	mark(w);
}

/* {1, place, id, place, id …} */
static bool on_taken(struct writer *w, const struct reply *reply)
{
	size_t n = reply_count(reply);

	if (n < 3 || n % 2 == 0)
		return false;
	for (size_t i = 1; i < n; i += 2) {
		int64_t place = reply_int(reply_at(reply, i));
		struct ulid id;

		if (place < 0 || (uint64_t)place >= batch_keys(w->batch) ||
		    ulid_from_slice(reply_bytes(reply_at(reply, i + 1)), &id) !=
			ERR_OK)
			return false;
		batch_taken(w->batch, (size_t)place, &id);
	}
	++*w->c->m.repeats;
	if (w->c->witness)
		w->flight = FLIGHT_TAKEN;
	else
		ask_again(w);
	return true;
}

/* Nothing of the batch is in Redis. */
static void on_not_taken(struct writer *w, const struct fault *fault)
{
	if (refuse_batch(w, w->batch, false, fault)) {
		batch_done(w);
		return;
	}
	hold(w);
}

static void on_ok(struct writer *w, const struct reply *reply)
{
	if (reply_count(reply) >= 2 && reply_int(reply_at(reply, 0)) == 0) {
		w->proven = w->proven || reply_count(reply) == 3;
		w->seq = (uint64_t)reply_int(reply_at(reply, 1));
		if (w->c->witness)
			w->flight = FLIGHT_APPENDED;
		else
			on_stored(w, w->seq);
		return;
	}
	if (reply_count(reply) < 3 || !on_taken(w, reply)) {
		log_error("append_answer", "partition=%" PRIu64, w->partition);
		w->unsure = true;
		hold(w);
	}
}

/* Redis refuses for a reason of its own. A lost answer to an earlier try may
 * mean that the batch is in the log, and then only Redis may say what became of
 * it. */
static void on_error(struct writer *w, const struct reply *reply)
{
	struct fault fault = fault_busy(
	    "Redis does not take events at the moment", RETRY_AFTER_MS);
	char text[128];

	log_error("append_refused", "partition=%" PRIu64 " text=%s",
		  w->partition,
		  log_quote(text, sizeof(text), reply_bytes(reply)));
	if (w->unsure)
		hold(w);
	else
		on_not_taken(w, &fault);
}

static void on_full(struct writer *w)
{
	struct fault fault = fault_busy("Redis is full", RETRY_AFTER_MS);

	log_warn("redis_full", "partition=%" PRIu64, w->partition);
	/* The script looks first whether the batch is in, and writes later. */
	on_not_taken(w, &fault);
	refuse_waiting(w, false, &fault);
}

static void on_answer(void *arg, enum err e, const struct reply *reply)
{
	struct writer *w = arg;

	if (w->c->closing)
		return;
	switch (e) {
	case ERR_OK:
		on_ok(w, reply);
		break;
	case ERR_CLOSED:
		w->unsure = true;
		hold(w);
		break;
	case ERR_AGAIN: /* the script is being loaded again */
		hold(w);
		break;
	case ERR_FULL:
		on_full(w);
		break;
	default:
		on_error(w, reply);
		break;
	}
}

/* ---- what is gathered ---- */

static bool has_room(const struct writer *w, const struct batch *b,
		     const struct publication *p)
{
	const struct writer_context *c = w->c;

	/* A publication's part stays together. */
	if (w->newest == w->c->serial)
		return true;
	return batch_count(b) + p->n <= c->batch_events_max &&
	       batch_bytes(b) + p->bytes <= c->batch_bytes_max;
}

static struct batch *filling_batch(struct writer *w, struct publication *p)
{
	struct list *last = w->waiting.prev;
	struct batch *b;

	if (last != &w->waiting && has_room(w, batch_of_node(last), p)) {
		b = batch_of_node(last);
	} else {
		b = batch_new(w->partition);
		list_push(&w->waiting, batch_node(b));
	}
	if (w->newest != w->c->serial) {
		w->newest = w->c->serial;
		p->parts_left++;
		mark(w);
	}
	return b;
}

bool writer_is_reached(const struct writer *w)
{
	char key[KEY_SIZE];

	return redis_reaches(w->c->redis,
			     key_partition(key, w->partition, "log"));
}

void writer_add(struct writer *w, struct publication *p, size_t position,
		struct msg_event *e, struct slice idem_key)
{
	batch_add(filling_batch(w, p), p, position, e, idem_key);
}

void writer_confirm(struct writer *w, uint64_t round)
{
	if (w->round > round)
		return;
	if (w->flight == FLIGHT_APPENDED)
		on_stored(w, w->seq);
	else if (w->flight == FLIGHT_TAKEN)
		ask_again(w);
}

/* What was waited for may be in the next Redis or not. */
void writer_doubt(struct writer *w)
{
	w->proven = false;
	if (w->flight == FLIGHT_APPENDED)
		w->unsure = true;
	else if (w->flight == FLIGHT_TAKEN)
		batch_untake(w->batch);
	else
		return;
	hold(w);
}

bool writer_wake(struct writer *w)
{
	if (w->flight != FLIGHT_HELD &&
	    (w->flight != FLIGHT_NONE || list_empty(&w->waiting)))
		return false;
	mark(w);
	return true;
}

/* ---- birth and death ---- */

struct writer *writer_new(struct writer_context *c, uint64_t partition)
{
	struct writer *w = xcalloc(1, sizeof(*w));

	w->c = c;
	w->partition = partition;
	list_init(&w->node);
	list_init(&w->waiting);
	return w;
}

void writer_free(struct writer **writer, const struct fault *fault)
{
	struct writer *w = *writer;
	struct fault unknown = fault_of(
	    FAULT_INTERNAL, "stopped before Redis answered: it may be in");
	bool sure = w->flight != FLIGHT_ASKED && w->flight != FLIGHT_APPENDED &&
		    !w->unsure;

	/* "busy" would promise that nothing was taken. */
	if (w->batch)
		(void)refuse_batch(w, w->batch, true, sure ? fault : &unknown);
	batch_free(&w->batch);
	refuse_waiting(w, true, fault);
	list_remove(&w->node);
	free(w);
	*writer = NULL;
}

struct list *writer_node(struct writer *w)
{
	return &w->node;
}

struct writer *writer_of_node(struct list *node)
{
	return container_of(node, struct writer, node);
}
