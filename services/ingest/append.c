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
#include "base/rng.h"
#include "io/redis.h"
#include "store/keys.h"
#include "store/script.h"

#include "witness.h"
#include "writer.h"

#define RETRY_MS 100
#define BUSY_AWAY_MS 1000
#define BUSY_ROOM_MS 50
#define SHORT "too few replicas of Redis confirm what they get"

enum { SCRIPT_APPEND, SCRIPTS_N };

struct append {
	struct append_options o;
	struct redis *redis;
	struct redis_script scripts[SCRIPTS_N];
	struct writer_context shared;
	struct writer **writers; /* owned; one a partition */
	struct list dirty;	 /* of writers */
	struct witness *witness; /* owned; NULL: no replica is waited for */
	/* Run while a writer is dirty, or holds a batch; freed when closed. */
	uv_idle_t *flush;
	uv_timer_t *retry;
	size_t waiting_bytes;
	uint64_t *accepted, *duplicates, *refused;
	int64_t *waiting;
};

/* ---- what writers ask for ---- */

static void on_flush(uv_idle_t *handle)
{
	struct append *a = handle->data;
	struct list *node;

	/* Ends: a writer that has asked marks itself only when it is answered.
	 */
	while ((node = list_pop(&a->dirty)))
		writer_next(writer_of_node(node));
	if (a->witness)
		witness_end_round(a->witness);
	uv_idle_stop(handle);
}

/* Once a turn of the loop, so that a batch holds all that the turn has brought.
 */
static void on_dirty(void *arg, struct writer *w)
{
	struct append *a = arg;

	if (list_empty(writer_node(w)))
		list_push(&a->dirty, writer_node(w));
	uv_idle_start(a->flush, on_flush);
}

/* True when there was anything to try again. */
static bool wake_writers(struct append *a)
{
	bool any = false;

	for (uint64_t i = 0; i < a->o.partitions; i++)
		any = writer_wake(a->writers[i]) || any;
	return any;
}

static void on_retry(uv_timer_t *timer)
{
	if (!wake_writers(timer->data))
		uv_timer_stop(timer);
}

static void on_held(void *arg)
{
	struct append *a = arg;

	if (!uv_is_active((uv_handle_t *)a->retry))
		uv_timer_start(a->retry, on_retry, RETRY_MS, RETRY_MS);
}

/* ---- what becomes of publications ---- */

static void let_go(struct append *a, struct publication *p)
{
	a->waiting_bytes -= p->bytes;
	*a->waiting = (int64_t)a->waiting_bytes;
}

static void changed(struct append *a)
{
	if (a->o.on_change && !a->shared.closing)
		a->o.on_change(a->o.arg);
}

static void on_finished(void *arg, struct publication *p)
{
	struct append *a = arg;

	let_go(a, p);
	*a->accepted += p->n - p->duplicates;
	*a->duplicates += p->duplicates;
	p->done(p, NULL);
	changed(a);
}

static void on_refused(void *arg, struct publication *p,
		       const struct fault *fault)
{
	struct append *a = arg;

	let_go(a, p);
	*a->refused += p->n;
	p->done(p, fault);
	changed(a);
}

static void on_appended(void *arg, uint64_t partition, uint64_t seq,
			char *frame, size_t n)
{
	struct append *a = arg;

	if (a->o.on_appended)
		a->o.on_appended(a->o.arg, partition, seq, frame, n);
	else
		free(frame);
}

/* ---- replicas confirm, or do not ---- */

static void on_confirmed(void *arg, uint64_t round)
{
	struct append *a = arg;

	for (uint64_t i = 0; i < a->o.partitions; i++)
		writer_confirm(a->writers[i], round);
}

static void on_short(void *arg)
{
	struct append *a = arg;
	struct fault fault = fault_busy(SHORT, BUSY_AWAY_MS);

	if (a->shared.closing)
		return;
	for (uint64_t i = 0;
	     witness_is_short(a->witness) && i < a->o.partitions; i++)
		writer_refuse_waiting(a->writers[i], &fault);
	changed(a);
}

/* ---- Redis comes and goes ---- */

static void on_up(void *arg)
{
	struct append *a = arg;

	/* Are there enough? Better to know before there is something to keep.
	 */
	if (a->witness)
		witness_begin(a->witness);
	(void)wake_writers(a);
	changed(a);
}

static void on_down(void *arg)
{
	struct append *a = arg;
	struct fault fault = fault_busy("Redis is away", BUSY_AWAY_MS);

	if (a->shared.closing)
		return;
	for (uint64_t i = 0; i < a->o.partitions; i++) {
		if (writer_is_reached(a->writers[i]))
			continue;
		writer_doubt(a->writers[i]);
		writer_refuse_waiting(a->writers[i], &fault);
	}
	changed(a);
}

/* ---- taking publications ---- */

static void fill_journey(struct msg_event *record, const struct request_call *c)
{
	record->tile = c->tile;
	record->params = c->params;
	record->reply = c->wants_result;
	if (c->webhook.n > 0)
		record->webhook = ulid_slice(&c->webhook_id);
}

static void add_event(struct append *a, const struct request *r,
		      struct publication *p, size_t i, uint64_t wall)
{
	struct request_event event = request_at(r, i), *e = &event;
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
	struct request_call call;

	if (e->op != OP_EVENT) {
		call = request_call_at(r, i);
		fill_journey(&record, &call);
	}
	if (e->idem.n > 0)
		idem = key_idem(key, partition, e->project, e->idem);
	p->ids[i] = ulid_new(wall);
	writer_add(a->writers[partition], p, i, &record, idem);
}

/* A part that Redis refuses must not leave the others behind in the log. */
static void hold_if_parted(struct publication *p)
{
	if (p->parts_left > 1)
		p->held = true;
}

/* A part of Redis may be away; what belongs there would fill the memory that is
 * there for all. */
static bool is_reached(const struct append *a, const struct request *r)
{
	if (!redis_is_up(a->redis))
		return false;
	for (size_t i = 0; redis_is_parted(a->redis) && i < request_count(r);
	     i++) {
		struct slice project = request_at(r, i).project;

		if (!writer_is_reached(
			a->writers[partition_of(project, a->o.partitions)]))
			return false;
	}
	return true;
}

static bool is_short(const struct append *a)
{
	return a->witness && witness_is_short(a->witness);
}

bool append_publish(struct append *a, const struct request *r,
		    struct publication *p, struct fault *fault)
{
	uint64_t wall = wall_ms();

	if (!p->held && !is_reached(a, r)) {
		*fault = fault_busy("Redis is away", BUSY_AWAY_MS);
		return false;
	}
	if (is_short(a) && !p->held) {
		*fault = fault_busy(SHORT, BUSY_AWAY_MS);
		return false;
	}
	if (a->waiting_bytes > 0 && !p->held &&
	    a->waiting_bytes + p->bytes > a->o.waiting_bytes_max) {
		*fault = fault_busy("too much is waiting", BUSY_ROOM_MS);
		return false;
	}
	a->shared.serial++;
	a->waiting_bytes += p->bytes;
	*a->waiting = (int64_t)a->waiting_bytes;
	for (size_t i = 0; i < p->n; i++)
		add_event(a, r, p, i, wall);
	hold_if_parted(p);
	return true;
}

bool append_is_up(const struct append *a)
{
	/* The last publications are told while it closes. */
	return !a->shared.closing && redis_is_up(a->redis) && !is_short(a);
}

const char *append_why_down(const struct append *a)
{
	return redis_is_up(a->redis) ? "too few replicas" : "redis is away";
}

size_t append_waiting_bytes(const struct append *a)
{
	return a->waiting_bytes;
}

uint64_t append_accepted(const struct append *a)
{
	return *a->accepted;
}

bool append_is_idle(const struct append *a)
{
	return a->waiting_bytes == 0;
}

void append_note(struct append *a, const char *key, struct slice text,
		 unsigned n)
{
	if (!append_is_up(a) ||
	    redis_commandf(a->redis, NULL, NULL, "LPUSH %s %b", key, text.p,
			   text.n) != ERR_OK ||
	    redis_commandf(a->redis, NULL, NULL, "LTRIM %s 0 %u", key, n - 1) !=
		ERR_OK)
		log_debug("note_lost", "bytes=%zu", text.n);
}

/* ---- open and close ---- */

static void register_metrics(struct append *a)
{
	static const char *const sizes[BATCH_SIZES] = {
	    "events=\"1\"", "events=\"2-8\"", "events=\"9-64\"",
	    "events=\"65-256\"", "events=\"257-\""};
	struct metrics *m = a->o.metrics;
	struct writer_metrics *x = &a->shared.m;

	a->accepted = metrics_counter(m, "ingest_events_total", NULL,
				      "events accepted, repeats aside");
	a->duplicates =
	    metrics_counter(m, "ingest_duplicates_total", NULL,
			    "events whose idempotency key was known");
	a->refused = metrics_counter(
	    m, "ingest_append_refused_events_total", NULL,
	    "events that were valid and that Redis did not take");
	a->waiting = metrics_gauge(m, "ingest_waiting_bytes", NULL,
				   "bytes taken and not yet confirmed");
	x->repeats =
	    metrics_counter(m, "ingest_append_again_total", NULL,
			    "appends done again without events that are known");
	x->batches = metrics_counter(m, "ingest_appends_total", NULL,
				     "log entries written");
	x->append_time = metrics_histogram(
	    m, "ingest_append_seconds", NULL,
	    "from sending a batch to Redis to its confirmation");
	for (int i = 0; i < BATCH_SIZES; i++)
		x->batch_sizes[i] =
		    metrics_counter(m, "ingest_batches_total", sizes[i],
				    "log entries by number of events");
}

static void fill_shared(struct append *a)
{
	struct writer_context *c = &a->shared;

	c->redis = a->redis;
	c->script = SCRIPT_APPEND;
	c->boot = rng_u64();
	c->next_number = 1;
	c->batch_events_max = a->o.batch_events_max;
	c->batch_bytes_max = a->o.batch_bytes_max;
	snprintf(c->idempotency_ms, sizeof(c->idempotency_ms), "%" PRIu64,
		 a->o.idempotency_ms);
	snprintf(c->in_suffix, sizeof(c->in_suffix), "in:%s", a->o.instance);
	c->appended = on_appended;
	c->finished = on_finished;
	c->refused = on_refused;
	c->dirty = on_dirty;
	c->held = on_held;
	c->arg = a;
}

static void open_handles(struct append *a, uv_loop_t *loop)
{
	a->flush = xcalloc(1, sizeof(*a->flush));
	a->retry = xcalloc(1, sizeof(*a->retry));
	must(uv_idle_init(loop, a->flush) == 0);
	must(uv_timer_init(loop, a->retry) == 0);
	a->flush->data = a->retry->data = a;
}

static struct witness *open_witness(struct append *a)
{
	const struct witness_options options = {
	    .redis = a->redis,
	    .replicas = a->o.min_replicas,
	    .metrics = a->o.metrics,
	    .on_confirmed = on_confirmed,
	    .on_change = on_short,
	    .arg = a,
	};

	return witness_new(&options);
}

struct append *append_open(uv_loop_t *loop,
			   const struct append_options *options, char *error,
			   size_t error_size)
{
	struct append *a = xcalloc(1, sizeof(*a));
	struct redis_options redis = {
	    .access = options->redis,
	    .scripts = a->scripts,
	    .n_scripts = SCRIPTS_N,
	    .on_up = on_up,
	    .on_down = on_down,
	    .arg = a,
	};

	a->o = *options;
	a->scripts[SCRIPT_APPEND] =
	    (struct redis_script){"append", script_append};
	a->redis = redis_open(loop, &redis, error, error_size);
	if (!a->redis) {
		free(a);
		return NULL;
	}
	list_init(&a->dirty);
	register_metrics(a);
	fill_shared(a);
	open_handles(a, loop);
	if (options->min_replicas > 0)
		a->witness = open_witness(a);
	a->shared.witness = a->witness;
	a->writers = xcalloc(a->o.partitions, sizeof(struct writer *));
	for (uint64_t i = 0; i < a->o.partitions; i++)
		a->writers[i] = writer_new(&a->shared, i);
	return a;
}

static void on_handle_closed(uv_handle_t *handle)
{
	free(handle);
}

void append_close(struct append **append)
{
	struct append *a = *append;
	struct fault fault = fault_busy("stopping", BUSY_AWAY_MS);

	if (!a)
		return;
	a->shared.closing = true;
	redis_close(&a->redis);
	for (uint64_t i = 0; i < a->o.partitions; i++)
		writer_free(&a->writers[i], &fault);
	free(a->writers);
	witness_free(&a->witness);
	uv_close((uv_handle_t *)a->flush, on_handle_closed);
	uv_close((uv_handle_t *)a->retry, on_handle_closed);
	free(a);
	*append = NULL;
}
