/*
 * append - group commit: events go into their partitions' logs in batches.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "append.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/redis.h"
#include "store/keys.h"
#include "store/script.h"

#include "batch.h"

/* The log of a partition knows an ingest's last batch for as long as this. */
#define GUARD_MS "604800000"
#define NUMBER_SIZE 24
#define FIXED_KEYS 3
#define FIXED_ARGS 4
#define RETRY_MS 100
#define BUSY_AWAY_MS 1000
#define BUSY_ROOM_MS 50

enum { SCRIPT_APPEND, SCRIPTS_N };

enum flight { FLIGHT_NONE, FLIGHT_ASKED, FLIGHT_HELD };

struct lane {
	struct list dirty; /* in append.dirty while there may be work to send */
	struct append *append; /* borrowed */
	uint64_t partition;
	enum flight flight;
	struct batch *batch; /* owned; the one under way */
	uint64_t number;     /* of it */
	uint64_t asked_us;
	bool unsure;	     /* an answer was lost: it may be in the log */
	struct list waiting; /* of batches; the last one is filling */
	uint64_t
	    newest; /* serial of the publication that last got a part here */
};

struct append_metrics {
	uint64_t *accepted, *duplicates, *batches, *repeats, *refused;
	int64_t *waiting;
	struct histogram *append_time;
	uint64_t *batch_sizes[5];
};

struct append {
	struct append_options o;
	struct redis *redis;
	struct lane *lanes; /* owned; one a partition */
	struct list dirty;
	uv_idle_t *
	    flush; /* runs while a lane is dirty; freed by its close callback */
	uv_timer_t *retry; /* runs while a batch is held; the same */
	struct redis_script scripts[SCRIPTS_N];
	uint64_t serial; /* of the publication at hand */
	uint64_t next_number;
	size_t waiting_bytes;
	bool closing;
	char idempotency_ms[NUMBER_SIZE];
	char in_suffix[KEY_SIZE];
	struct append_metrics m;
};

static void on_flush(uv_idle_t *handle);
static void on_retry(uv_timer_t *timer);

/* Sent when this turn of the loop is over, so that a batch holds all it
 * brought. */
static void lane_mark(struct lane *l)
{
	if (list_empty(&l->dirty))
		list_push(&l->append->dirty, &l->dirty);
	uv_idle_start(l->append->flush, on_flush);
}

/* Tried again after a while, or when Redis is back. */
static void lane_hold(struct lane *l)
{
	l->flight = FLIGHT_HELD;
	if (!uv_is_active((uv_handle_t *)l->append->retry))
		uv_timer_start(l->append->retry, on_retry, RETRY_MS, RETRY_MS);
}

/* ---- the end of a publication ---- */

static void let_go(struct append *a, struct publication *p)
{
	a->waiting_bytes -= p->bytes;
	*a->m.waiting = (int64_t)a->waiting_bytes;
}

static void on_finished(void *arg, struct publication *p)
{
	struct append *a = arg;

	let_go(a, p);
	*a->m.accepted += p->n - p->duplicates;
	*a->m.duplicates += p->duplicates;
	p->done(p, NULL);
}

struct refusal {
	struct append *append;
	const struct fault *fault;
};

static void on_refused(void *arg, struct publication *p)
{
	struct refusal *r = arg;

	if (--p->parts_left > 0)
		return;
	let_go(r->append, p);
	*r->append->m.refused += p->n;
	p->done(p, r->fault);
}

static struct fault busy(const char *message, uint64_t retry_after_ms)
{
	struct fault f = fault_of(FAULT_BUSY, message);

	f.retry_after_ms = retry_after_ms;
	return f;
}

/* Only held publications are left; true when none is. */
static bool refuse_batch(struct append *a, struct batch *b,
			 const struct fault *fault)
{
	struct refusal r = {a, fault};

	return batch_refuse(b, a->closing, on_refused, &r);
}

/* Those that have not been sent: nothing of them can be in Redis. */
static void refuse_waiting(struct lane *l, const struct fault *fault)
{
	struct list *next;

	for (struct list *n = l->waiting.next; n != &l->waiting; n = next) {
		struct batch *b = batch_of_node(n);

		next = n->next;
		if (refuse_batch(l->append, b, fault))
			batch_free(&b);
	}
}

/* ---- asking Redis ---- */

static void on_answer(void *arg, enum err e, const struct reply *reply);

struct call {
	struct slice *keys, *argv; /* owned */
	size_t n_keys, argc;
	char names[FIXED_KEYS][KEY_SIZE];
	char number[NUMBER_SIZE];
};

static void call_fill(struct call *c, struct lane *l, struct slice frame)
{
	struct append *a = l->append;
	size_t n = batch_keys(l->batch);

	c->keys = xcalloc(FIXED_KEYS + n, sizeof(c->keys[0]));
	c->argv = xcalloc(FIXED_ARGS + n, sizeof(c->argv[0]));
	snprintf(c->number, sizeof(c->number), "%" PRIu64, l->number);
	c->keys[0] = key_partition(c->names[0], l->partition, "log");
	c->keys[1] = key_partition(c->names[1], l->partition, "seq");
	c->keys[2] = key_partition(c->names[2], l->partition, a->in_suffix);
	c->argv[0] = slice_of(c->number);
	c->argv[1] = frame;
	c->argv[2] = slice_of(a->idempotency_ms);
	c->argv[3] = SLICE_LIT(GUARD_MS);
	for (size_t i = 0; i < n; i++)
		batch_key_at(l->batch, i, &c->keys[FIXED_KEYS + i],
			     &c->argv[FIXED_ARGS + i]);
	c->n_keys = FIXED_KEYS + n;
	c->argc = FIXED_ARGS + n;
}

static void batch_done(struct lane *l)
{
	batch_free(&l->batch);
	l->flight = FLIGHT_NONE;
	l->unsure = false;
	lane_mark(l);
}

static void lane_ask(struct lane *l)
{
	struct slice frame = batch_frame(l->batch);
	struct call c = {0};
	enum err e;

	if (batch_live(l->batch) == 0) {
		batch_confirm(l->batch, on_finished, l->append);
		batch_done(l);
		return;
	}
	call_fill(&c, l, frame);
	e = redis_script(l->append->redis, SCRIPT_APPEND, c.keys, c.n_keys,
			 c.argv, c.argc, on_answer, l);
	free(c.keys);
	free(c.argv);
	if (e == ERR_OK)
		l->flight = FLIGHT_ASKED;
	else
		lane_hold(l);
}

static void lane_next(struct lane *l)
{
	struct list *first;

	if (!redis_is_up(l->append->redis))
		return;
	if (l->flight == FLIGHT_NONE) {
		first = list_pop(&l->waiting);
		if (!first)
			return;
		l->batch = batch_of_node(first);
		l->newest = 0;
		l->number = l->append->next_number++;
		l->asked_us = now_us();
	}
	if (l->flight != FLIGHT_ASKED)
		lane_ask(l);
}

static void on_flush(uv_idle_t *handle)
{
	struct append *a = handle->data;
	struct list *node;

	/* Ends: a lane that has asked marks itself only when it is answered. */
	while ((node = list_pop(&a->dirty)))
		lane_next(container_of(node, struct lane, dirty));
	uv_idle_stop(handle);
}

/* ---- Redis' answers ---- */

static void observe(struct lane *l)
{
	static const size_t bounds[] = {1, 8, 64, 256};
	struct append_metrics *m = &l->append->m;
	size_t i = 0;

	while (i < 4 && batch_live(l->batch) > bounds[i])
		i++;
	++*m->batch_sizes[i];
	++*m->batches;
	histogram_observe_us(m->append_time, now_us() - l->asked_us);
}

static void on_appended(struct lane *l, uint64_t seq)
{
	struct append *a = l->append;
	size_t n;
	char *frame;

	observe(l);
	frame = batch_take_frame(l->batch, &n);
	if (a->o.on_appended)
		a->o.on_appended(a->o.arg, l->partition, seq, frame, n);
	else
		free(frame);
	batch_confirm(l->batch, on_finished, a);
	batch_done(l);
	if (a->o.on_change)
		a->o.on_change(a->o.arg);
}

/* {1, place, id, place, id …} */
static bool on_taken(struct lane *l, const struct reply *reply)
{
	size_t n = reply_count(reply);

	if (n < 3 || n % 2 == 0)
		return false;
	for (size_t i = 1; i < n; i += 2) {
		int64_t place = reply_int(reply_at(reply, i));
		struct ulid id;

		if (place < 0 || (uint64_t)place >= batch_keys(l->batch) ||
		    ulid_from_slice(reply_bytes(reply_at(reply, i + 1)), &id) !=
			ERR_OK)
			return false;
		batch_taken(l->batch, (size_t)place, &id);
	}
	++*l->append->m.repeats;
	l->flight = FLIGHT_HELD;
	lane_mark(l);
	return true;
}

/* Nothing of the batch is in Redis. */
static void on_not_taken(struct lane *l, const struct fault *fault)
{
	if (refuse_batch(l->append, l->batch, fault)) {
		batch_done(l);
		return;
	}
	lane_hold(l);
}

static void on_ok(struct lane *l, const struct reply *reply)
{
	if (reply_count(reply) == 2 && reply_int(reply_at(reply, 0)) == 0) {
		on_appended(l, (uint64_t)reply_int(reply_at(reply, 1)));
		return;
	}
	if (reply_count(reply) < 3 || !on_taken(l, reply)) {
		log_error("append_answer", "partition=%" PRIu64, l->partition);
		l->unsure = true;
		lane_hold(l);
	}
}

/* Redis refuses for a reason of its own. A lost answer to an earlier try may
 * mean that the batch is in the log, and then only Redis may say what became of
 * it. */
static void on_error(struct lane *l, const struct reply *reply)
{
	struct fault fault =
	    busy("Redis does not take events at the moment", BUSY_AWAY_MS);
	char text[128];

	log_error("append_refused", "partition=%" PRIu64 " text=%s",
		  l->partition,
		  log_quote(text, sizeof(text), reply_bytes(reply)));
	if (l->unsure)
		lane_hold(l);
	else
		on_not_taken(l, &fault);
}

static void on_full(struct lane *l)
{
	struct fault fault = busy("Redis is full", BUSY_AWAY_MS);

	log_warn("redis_full", "partition=%" PRIu64, l->partition);
	/* The script looks first whether the batch is in, and writes later. */
	on_not_taken(l, &fault);
	refuse_waiting(l, &fault);
}

static void on_answer(void *arg, enum err e, const struct reply *reply)
{
	struct lane *l = arg;

	if (l->append->closing)
		return;
	switch (e) {
	case ERR_OK:
		on_ok(l, reply);
		break;
	case ERR_CLOSED:
		l->unsure = true;
		lane_hold(l);
		break;
	case ERR_AGAIN: /* the script is being loaded again */
		lane_hold(l);
		break;
	case ERR_FULL:
		on_full(l);
		break;
	default:
		on_error(l, reply);
		break;
	}
}

/* ---- Redis comes and goes ---- */

/* True when there was anything to try again. */
static bool mark_held(struct append *a)
{
	bool any = false;

	for (uint64_t i = 0; i < a->o.partitions; i++) {
		struct lane *l = &a->lanes[i];

		if (l->flight == FLIGHT_HELD ||
		    (l->flight == FLIGHT_NONE && !list_empty(&l->waiting))) {
			lane_mark(l);
			any = true;
		}
	}
	return any;
}

static void on_up(void *arg)
{
	struct append *a = arg;

	(void)mark_held(a);
	if (a->o.on_change)
		a->o.on_change(a->o.arg);
}

static void on_down(void *arg)
{
	struct append *a = arg;
	struct fault fault = busy("Redis is away", BUSY_AWAY_MS);

	if (a->closing)
		return;
	for (uint64_t i = 0; i < a->o.partitions; i++)
		refuse_waiting(&a->lanes[i], &fault);
	if (a->o.on_change)
		a->o.on_change(a->o.arg);
}

static void on_retry(uv_timer_t *timer)
{
	if (!mark_held(timer->data))
		uv_timer_stop(timer);
}

/* ---- taking publications ---- */

static bool has_room(const struct lane *l, const struct batch *b,
		     const struct publication *p)
{
	const struct append *a = l->append;

	/* A publication's part stays together. */
	if (l->newest == l->append->serial)
		return true;
	return batch_count(b) + p->n <= a->o.batch_events_max &&
	       batch_bytes(b) + p->bytes <= a->o.batch_bytes_max;
}

static struct batch *filling_batch(struct lane *l, struct publication *p)
{
	struct list *last = l->waiting.prev;
	struct batch *b;

	if (last != &l->waiting && has_room(l, batch_of_node(last), p)) {
		b = batch_of_node(last);
	} else {
		b = batch_new(l->partition);
		list_push(&l->waiting, batch_node(b));
	}
	if (l->newest != l->append->serial) {
		l->newest = l->append->serial;
		p->parts_left++;
		lane_mark(l);
	}
	return b;
}

static void add_event(struct append *a, struct publication *p, size_t i,
		      const struct request_event *e, uint64_t wall)
{
	uint64_t partition = partition_of(e->project, a->o.partitions);
	struct msg_event record = {
	    .project = e->project,
	    .name = e->name,
	    .created_ms = e->created_ms ? e->created_ms : wall,
	    .expires_ms = e->expires_in_ms ? wall + e->expires_in_ms : 0,
	    .ordering_key = e->ordering_key,
	    .body = e->body,
	};
	char key[KEY_SIZE];
	struct slice idem = {"", 0};

	if (e->idem.n > 0)
		idem = key_idem(key, partition, e->project, e->idem);
	p->ids[i] = ulid_new(wall);
	batch_add(filling_batch(&a->lanes[partition], p), p, i, &record, idem);
}

/* A part that Redis refuses must not leave the others behind in the log. */
static void hold_if_parted(struct publication *p)
{
	if (p->parts_left > 1)
		p->held = true;
}

bool append_publish(struct append *a, const struct request *r,
		    struct publication *p, struct fault *fault)
{
	uint64_t wall = wall_ms();

	if (!redis_is_up(a->redis) && !p->held) {
		*fault = busy("Redis is away", BUSY_AWAY_MS);
		return false;
	}
	if (a->waiting_bytes > 0 && !p->held &&
	    a->waiting_bytes + p->bytes > a->o.waiting_bytes_max) {
		*fault = busy("too much is waiting", BUSY_ROOM_MS);
		return false;
	}
	a->serial++;
	a->waiting_bytes += p->bytes;
	*a->m.waiting = (int64_t)a->waiting_bytes;
	for (size_t i = 0; i < p->n; i++) {
		struct request_event e = request_at(r, i);

		add_event(a, p, i, &e, wall);
	}
	hold_if_parted(p);
	return true;
}

bool append_is_up(const struct append *a)
{
	return redis_is_up(a->redis);
}

size_t append_waiting_bytes(const struct append *a)
{
	return a->waiting_bytes;
}

bool append_is_idle(const struct append *a)
{
	return a->waiting_bytes == 0;
}

void append_note(struct append *a, const char *key, struct slice text,
		 unsigned n)
{
	if (redis_commandf(a->redis, NULL, NULL, "LPUSH %s %b", key, text.p,
			   text.n) != ERR_OK ||
	    redis_commandf(a->redis, NULL, NULL, "LTRIM %s 0 %u", key, n - 1) !=
		ERR_OK)
		log_debug("note_lost", "bytes=%zu", text.n);
}

/* ---- open and close ---- */

static void register_metrics(struct append *a)
{
	static const char *const sizes[] = {
	    "events=\"1\"", "events=\"2-8\"", "events=\"9-64\"",
	    "events=\"65-256\"", "events=\"257-\""};
	struct metrics *m = a->o.metrics;
	struct append_metrics *x = &a->m;

	x->accepted = metrics_counter(m, "ingest_events_total", NULL,
				      "events accepted, repeats aside");
	x->duplicates =
	    metrics_counter(m, "ingest_duplicates_total", NULL,
			    "events whose idempotency key was known");
	x->refused = metrics_counter(
	    m, "ingest_append_refused_events_total", NULL,
	    "events that were valid and that Redis did not take");
	x->repeats =
	    metrics_counter(m, "ingest_append_again_total", NULL,
			    "appends done again without events that are known");
	x->batches = metrics_counter(m, "ingest_appends_total", NULL,
				     "log entries written");
	x->append_time = metrics_histogram(
	    m, "ingest_append_seconds", NULL,
	    "from sending a batch to Redis to its confirmation");
	x->waiting = metrics_gauge(m, "ingest_waiting_bytes", NULL,
				   "bytes taken and not yet confirmed");
	for (int i = 0; i < 5; i++)
		x->batch_sizes[i] =
		    metrics_counter(m, "ingest_batches_total", sizes[i],
				    "log entries by number of events");
}

static void lanes_init(struct append *a)
{
	a->lanes = xcalloc(a->o.partitions, sizeof(a->lanes[0]));
	for (uint64_t i = 0; i < a->o.partitions; i++) {
		a->lanes[i].append = a;
		a->lanes[i].partition = i;
		list_init(&a->lanes[i].dirty);
		list_init(&a->lanes[i].waiting);
	}
}

static void handles_init(struct append *a, uv_loop_t *loop)
{
	a->flush = xcalloc(1, sizeof(*a->flush));
	a->retry = xcalloc(1, sizeof(*a->retry));
	must(uv_idle_init(loop, a->flush) == 0);
	must(uv_timer_init(loop, a->retry) == 0);
	a->flush->data = a->retry->data = a;
}

static void lane_clear(struct lane *l)
{
	struct fault fault = busy("the service is stopping", BUSY_AWAY_MS);

	if (l->batch)
		(void)refuse_batch(l->append, l->batch, &fault);
	batch_free(&l->batch);
	refuse_waiting(l, &fault);
}

struct append *append_open(uv_loop_t *loop,
			   const struct append_options *options, char *error,
			   size_t error_size)
{
	struct append *a = xcalloc(1, sizeof(*a));
	struct redis_options redis = {
	    .url = options->redis_url,
	    .password = options->redis_password,
	    .scripts = a->scripts,
	    .n_scripts = SCRIPTS_N,
	    .on_up = on_up,
	    .on_down = on_down,
	    .arg = a,
	};

	a->o = *options;
	a->scripts[SCRIPT_APPEND] =
	    (struct redis_script){"append", script_append};
	/* Numbers of an earlier life under the same name do not come again. */
	a->next_number = wall_us();
	snprintf(a->idempotency_ms, sizeof(a->idempotency_ms), "%" PRIu64,
		 options->idempotency_ms);
	snprintf(a->in_suffix, sizeof(a->in_suffix), "in:%s",
		 options->instance);
	list_init(&a->dirty);
	lanes_init(a);
	register_metrics(a);
	a->redis = redis_open(loop, &redis, error, error_size);
	if (!a->redis) {
		free(a->lanes);
		free(a);
		return NULL;
	}
	handles_init(a, loop);
	return a;
}

static void on_handle_closed(uv_handle_t *handle)
{
	free(handle);
}

void append_close(struct append **append)
{
	struct append *a = *append;

	if (!a)
		return;
	a->closing = true;
	redis_close(&a->redis);
	uv_close((uv_handle_t *)a->flush, on_handle_closed);
	uv_close((uv_handle_t *)a->retry, on_handle_closed);
	for (uint64_t i = 0; i < a->o.partitions; i++)
		lane_clear(&a->lanes[i]);
	free(a->lanes);
	free(a);
	*append = NULL;
}
