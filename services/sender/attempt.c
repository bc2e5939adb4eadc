/*
 * attempt - one HTTP try of one task.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "attempt.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "easy.h"
#include "merger.h"
#include "pool.h"
#include "resolve.h"
#include "route.h"
#include "stock.h"

/* Failed attempts are in the attempt log; here a few a second are enough. */
#define LOG_LINES_A_SECOND 20
/* A handle that was not used for so long is freed. */
#define IDLE_HANDLE_MS 10000
/* As long as libcurl may take to connect. */
#define RESOLVE_US_MAX 5000000
#define NAMES_MAX 4096

struct attempts {
	struct attempts_options options;
	struct easy_options easy_options;
	struct pool *pool;	   /* owned */
	struct merger *merger;	   /* owned */
	struct resolver *resolver; /* owned; NULL without a proxy */
	struct stock stock;	   /* idle handles */
	struct list running;	   /* struct easy by in_stock */
	struct list waiting;	   /* for addresses; longest first */
	struct list failed; /* could not begin; reported in the next turn */
	size_t n_running;
	uint64_t second; /* of the time stamp in text */
	char timestamp[24];
	uint64_t log_second, log_lines, log_suppressed;
};

static void log_attempt(struct attempts *a, const struct easy *e,
			const struct msg_result *r)
{
	char event[ID_TEXT_SIZE], webhook[ID_TEXT_SIZE];
	uint64_t second = now_ms() / 1000;

	if (second != a->log_second) {
		if (a->log_suppressed)
			log_info("attempts_failed", "suppressed=%llu",
				 (unsigned long long)a->log_suppressed);
		a->log_second = second;
		a->log_lines = a->log_suppressed = 0;
	}
	if (a->log_lines >= LOG_LINES_A_SECOND) {
		a->log_suppressed++;
		return;
	}
	a->log_lines++;
	log_info(
	    "attempt",
	    "id=%s webhook=%s outcome=%s status=%d error=%.*s try=%llu "
	    "wait_us=%llu connect_us=%llu answer_us=%llu total_us=%llu",
	    ulid_format(event, "evt", &e->task->event),
	    ulid_format(webhook, "wh", &e->task->webhook),
	    outcome_name(r->outcome), (int)r->status, SLICE_FMT(r->error),
	    (unsigned long long)e->task->attempt,
	    (unsigned long long)r->wait_us, (unsigned long long)r->connect_us,
	    (unsigned long long)r->answer_us, (unsigned long long)r->total_us);
}

/* A status without a whole answer is told, but decides nothing. */
static void finish(struct attempts *a, struct easy *e, enum fault fault)
{
	struct msg_result r = {.task = e->task->number};
	struct easy_times times = easy_times(e);
	struct verdict v;
	char *trace = NULL;

	r.status = easy_status(e);
	if (r.status == 0 && fault == FAULT_NONE)
		fault = FAULT_NO_ANSWER;
	classify(fault, (unsigned)r.status, e->answer.directive,
		 slice_bytes(e->answer.retry_after, e->answer.retry_after_n),
		 e->answer.retry_after_n > 0 ? wall_ms() : 0, &v);
	r.outcome = v.outcome;
	r.started_ms = e->started_ms;
	r.wait_us = e->started_us - e->task->taken_us;
	r.connect_us = times.connect_us;
	r.answer_us = times.answer_us;
	r.total_us = times.total_us;
	r.retry_after_ms = v.retry_after_ms;
	r.error = slice_of(v.error);
	r.snippet = slice_bytes(e->answer.snippet, e->answer.snippet_n);
	if (r.outcome != OUTCOME_delivered && !e->task->trace)
		log_attempt(a, e, &r);
	if (e->trace)
		trace = easy_untrace(e, &r.trace.n);
	r.trace.p = trace;
	list_remove(&e->in_stock);
	a->n_running--;
	a->options.on_result(a->options.arg, e->task, &r);
	free(trace);
	task_free(&e->task);
	stock_put(&a->stock, e, uv_now(a->options.loop));
}

static void on_done(void *arg, struct easy *e, int code)
{
	finish(arg, e, easy_fault(e, code));
}

static void on_names(void *arg, struct list *waiting);

struct attempts *attempts_new(const struct attempts_options *options,
			      char *error, size_t error_size)
{
	struct attempts *a;

	if (!easy_global_init(error, error_size))
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->options = *options;
	list_init(&a->running);
	list_init(&a->waiting);
	list_init(&a->failed);
	a->pool = pool_new(options->loop, options->running_max, on_done, a);
	a->easy_options = (struct easy_options){
	    .pool = a->pool,
	    .rules = options->rules,
	    .sources = options->sources,
	    .proxy = options->proxy,
	    .ca_file = options->ca_file,
	    .dev = options->dev,
	};
	a->merger = merger_new();
	if (options->proxy)
		a->resolver =
		    resolver_new(options->loop, NAMES_MAX, on_names, a);
	stock_init(&a->stock, &a->easy_options, options->running_max);
	return a;
}

static void give_up(struct attempts *a, struct list *from, bool in_pool)
{
	struct list *node;

	while ((node = list_pop(from))) {
		struct easy *e = container_of(node, struct easy, in_stock);

		if (in_pool)
			pool_remove(a->pool, e);
		easy_free(&e);
	}
}

void attempts_free(struct attempts **ap)
{
	struct attempts *a = *ap;

	if (!a)
		return;
	give_up(a, &a->running, true);
	give_up(a, &a->waiting, false);
	give_up(a, &a->failed, false);
	resolver_free(&a->resolver);
	stock_fini(&a->stock);
	merger_free(&a->merger);
	pool_free(&a->pool);
	easy_global_fini();
	free(a);
	*ap = NULL;
}

static struct slice timestamp(struct attempts *a, uint64_t wall_now_ms)
{
	uint64_t second = wall_now_ms / 1000;

	if (second != a->second) {
		a->second = second;
		(void)snprintf(a->timestamp, sizeof(a->timestamp), "%llu",
			       (unsigned long long)second);
	}
	return slice_of(a->timestamp);
}

static void begin(struct attempts *a, struct easy *e)
{
	if (e->fault == FAULT_NONE) {
		e->begun = pool_add(a->pool, e) == ERR_OK;
		e->fault = e->begun ? FAULT_NONE : FAULT_INTERNAL;
	}
	list_push(e->begun ? &a->running : &a->failed, &e->in_stock);
}

/* Through a proxy: to an address that was looked up and checked here. */
static void begin_routed(struct attempts *a, struct easy *e)
{
	const struct target_rules *rules = a->options.rules;
	const struct url_parts *at = &e->plan->at;
	const struct resolve_answer *answer;
	struct target_address address;

	if (at->literal) {
		e->fault = route_literal(rules, at, &address);
	} else {
		answer = resolver_ask(a->resolver, at->host, &e->in_wait);
		if (!answer) {
			list_push(&a->waiting, &e->in_stock);
			return;
		}
		e->fault =
		    route_choose(rules, answer, e->task->attempt, &address);
	}
	if (e->fault == FAULT_NONE)
		easy_set_route(e, &address);
	begin(a, e);
}

static void on_names(void *arg, struct list *waiting)
{
	struct attempts *a = arg;
	struct list *node;

	while ((node = list_pop(waiting))) {
		struct easy *e = container_of(node, struct easy, in_wait);

		list_remove(&e->in_stock);
		begin_routed(a, e);
	}
}

static void give_up_waiting(struct attempts *a, uint64_t now)
{
	struct list *node;

	while ((node = list_first(&a->waiting))) {
		struct easy *e = container_of(node, struct easy, in_stock);

		if (now < e->started_us + RESOLVE_US_MAX)
			return;
		list_remove(&e->in_wait);
		finish(a, e, FAULT_RESOLVE);
	}
}

/* Only a plan with merge fields has another URL for each message. */
static enum fault set_url(struct attempts *a, struct easy *e)
{
	const char *url;

	if (!e->plan->merge)
		return FAULT_NONE;
	url = merger_url(a->merger, e->plan, task_body(e->task));
	return url && easy_set_url(e, url) ? FAULT_NONE : FAULT_URL_RENDERED;
}

void attempt_start(struct attempts *a, struct plan *plan, struct task *t,
		   uint64_t wall_now_ms)
{
	struct easy *e = stock_take(&a->stock, plan);
	char id[ID_TEXT_SIZE];

	e->task = t;
	e->started_us = now_us();
	e->started_ms = wall_now_ms;
	if (t->trace)
		easy_trace(e);
	ulid_format(id, "evt", &t->event);
	easy_set_request(e, id, timestamp(a, e->started_ms), e->started_ms);
	a->n_running++;
	e->fault = plan->fault;
	if (e->fault == FAULT_NONE)
		e->fault = set_url(a, e);
	if (e->fault == FAULT_NONE && a->resolver)
		begin_routed(a, e);
	else
		begin(a, e);
}

void attempts_turn(struct attempts *a)
{
	struct list *node;

	while ((node = list_first(&a->failed))) {
		struct easy *e = container_of(node, struct easy, in_stock);

		finish(a, e, e->fault);
	}
	pool_turn(a->pool);
}

bool attempts_due(const struct attempts *a)
{
	return !list_empty(&a->failed) || pool_is_due(a->pool);
}

void attempts_trim(struct attempts *a)
{
	uint64_t now = uv_now(a->options.loop);

	give_up_waiting(a, now_us());
	if (now > IDLE_HANDLE_MS)
		stock_trim(&a->stock, now - IDLE_HANDLE_MS);
}

size_t attempts_running(const struct attempts *a)
{
	return a->n_running;
}

size_t attempts_connections(const struct attempts *a)
{
	return pool_connections(a->pool);
}
