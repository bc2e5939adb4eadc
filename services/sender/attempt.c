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
#include "call.h"
#include "curl/dial.h"
#include "curl/pool.h"
#include "earlier.h"
#include "easy.h"
#include "merger.h"
#include "stock.h"

/* Failed attempts are in the attempt log; here a few a second are enough. */
#define LOG_LINES_A_SECOND 20
/* A handle that was not used for so long is freed. */
#define IDLE_HANDLE_MS 10000

struct attempts {
	struct attempts_options options;
	struct transport_options transport_options;
	struct pool *pool;     /* owned */
	struct dialer *dialer; /* owned */
	struct merger *merger; /* owned */
	struct caller *caller; /* owned */
	struct stock stock;    /* idle handles */
	struct list running;   /* struct easy by in_stock */
	struct list failed;    /* could not begin; reported in the next turn */
	size_t n_running;
	uint64_t second; /* of the time stamp in text */
	char timestamp[24];
	uint64_t log_second, log_lines, log_suppressed;
};

static void log_attempt(struct attempts *a, const struct easy *e,
			const struct msg_result *r, const char *error)
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
	    "id=%s webhook=%s outcome=%s status=%d error=%s try=%llu "
	    "wait_us=%llu connect_us=%llu answer_us=%llu total_us=%llu",
	    ulid_format(event, "evt", &e->task->event),
	    ulid_format(webhook, "wh", &e->task->webhook),
	    outcome_name(r->outcome), (int)r->status, error,
	    (unsigned long long)e->task->attempt,
	    (unsigned long long)r->wait_us, (unsigned long long)r->connect_us,
	    (unsigned long long)r->answer_us, (unsigned long long)r->total_us);
}

/* A status without a whole answer is told, but decides nothing. */
static void judge(const struct easy *e, enum fault fault, struct verdict *v)
{
	unsigned status = transport_status(&e->transport);

	if (status == 0 && fault == FAULT_NONE)
		fault = FAULT_NO_ANSWER;
	classify(fault, status, e->answer.directive,
		 slice_bytes(e->answer.retry_after, e->answer.retry_after_n),
		 e->answer.retry_after_n > 0 ? wall_ms() : 0, v);
}

static void set_error(struct task *t, const char *text)
{
	struct slice s = slice_of(text);

	if (s.n > ERROR_BYTES_MAX)
		s.n = ERROR_BYTES_MAX;
	while (s.n > 0 && !slice_is_utf8(s))
		s.n--;
	free(t->error);
	t->error = slice_dup(s);
}

/* What a journey wants to know is part of its delivery: an answer without it is
 * tried again. A profile stays as it is, and the text says why. */
static struct slice take_values(struct attempts *a, struct easy *e,
				struct verdict *v)
{
	struct slice values = {NULL, 0};
	char error[2 * ERROR_BYTES_MAX];

	if (v->outcome == OUTCOME_delivered &&
	    !caller_take(a->caller, e->plan, e->task, buf_slice(&e->body),
			 e->answer.body_cut, &values, error, sizeof(error))) {
		set_error(e->task, error);
		if (caller_needs(e->task)) {
			v->outcome = OUTCOME_retry;
			(void)snprintf(v->error, sizeof(v->error),
				       "data_retrieval");
		}
	}
	easy_forget(e);
	return values;
}

/* A view of both, and of the task. */
static void describe(const struct easy *e, const struct verdict *v,
		     struct msg_result *r)
{
	const struct task *t = e->task;
	struct easy_times times = easy_times(e);

	*r = (struct msg_result){
	    .task = t->number,
	    .outcome = v->outcome,
	    .status = transport_status(&e->transport),
	    .started_ms = e->started_ms,
	    .wait_us = e->started_us - t->taken_us,
	    .connect_us = times.connect_us,
	    .answer_us = times.answer_us,
	    .total_us = times.total_us,
	    .retry_after_ms = v->retry_after_ms,
	    .error = slice_of(t->error ? t->error : v->error),
	};
	if (e->plan->webhook->keep_answer)
		r->snippet =
		    slice_bytes(e->answer.snippet, e->answer.snippet_n);
	if (t->earlier)
		r->earlier = earlier_frame(t->earlier);
}

static void finish(struct attempts *a, struct easy *e, enum fault fault)
{
	struct task *t = e->task;
	struct msg_result r;
	struct slice values = {NULL, 0};
	struct verdict v;
	char *trace = NULL;

	judge(e, fault, &v);
	if (e->keeps)
		values = take_values(a, e, &v);
	describe(e, &v, &r);
	r.values = values;
	if (r.outcome != OUTCOME_delivered && !t->trace)
		log_attempt(a, e, &r, v.error);
	if (e->trace)
		trace = easy_untrace(e, &r.trace.n);
	r.trace.p = trace;
	list_remove(&e->in_stock);
	a->n_running--;
	e->task = NULL;
	if (v.unauthorized && t->bearer && !t->earlier) {
		a->options.on_refused(a->options.arg, t, &r);
	} else {
		a->options.on_result(a->options.arg, t, &r);
		task_free(&t);
	}
	free(trace);
	stock_put(&a->stock, e, uv_now(a->options.loop));
}

static void on_done(void *arg, void *request, int code)
{
	struct easy *e = request;

	finish(arg, e, easy_fault(e, code));
}

static void on_dialled(void *arg, struct transport *t);

struct attempts *attempts_new(const struct attempts_options *options,
			      char *error, size_t error_size)
{
	struct attempts *a;

	if (!transport_global_init(error, error_size))
		return NULL;
	a = xcalloc(1, sizeof(*a));
	a->options = *options;
	list_init(&a->running);
	list_init(&a->failed);
	a->pool = pool_new(options->loop, options->running_max, on_done, a);
	a->transport_options = (struct transport_options){
	    .pool = a->pool,
	    .rules = options->rules,
	    .sources = options->sources,
	    .proxy = options->proxy,
	    .ca_file = options->ca_file,
	    .dev = options->dev,
	};
	a->merger = merger_new();
	a->caller = caller_new(options->dev);
	a->dialer =
	    dialer_new(options->loop, &a->transport_options, on_dialled, a);
	stock_init(&a->stock, &a->transport_options, options->running_max);
	return a;
}

static void give_up(struct list *from)
{
	struct list *node;

	while ((node = list_pop(from))) {
		struct easy *e = container_of(node, struct easy, in_stock);

		easy_free(&e);
	}
}

void attempts_free(struct attempts **ap)
{
	struct attempts *a = *ap;

	if (!a)
		return;
	give_up(&a->running);
	give_up(&a->failed);
	dialer_free(&a->dialer);
	stock_fini(&a->stock);
	merger_free(&a->merger);
	caller_free(&a->caller);
	pool_free(&a->pool);
	transport_global_fini();
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
	list_push(transport_start(&e->transport) ? &a->running : &a->failed,
		  &e->in_stock);
}

static void on_dialled(void *arg, struct transport *t)
{
	struct easy *e = container_of(t, struct easy, transport);

	list_remove(&e->in_stock);
	begin(arg, e);
}

/* A second try is rendered anew: its webhook may be another version. */
static enum fault set_call(struct attempts *a, struct easy *e)
{
	struct task *t = e->task;
	char error[2 * ERROR_BYTES_MAX];

	call_free(&t->call);
	t->call = caller_render(a->caller, e->plan, t, e->started_ms, error,
				sizeof(error));
	if (!t->call) {
		set_error(t, error);
		return FAULT_TEMPLATE_RENDERED;
	}
	if (caller_keeps(e->plan, t))
		easy_keep(e);
	return FAULT_NONE;
}

/* Why no request can be made of the task, or FAULT_NONE. */
static enum fault fault_of(struct attempts *a, struct easy *e)
{
	const struct plan *plan = e->plan;

	if (plan->error)
		set_error(e->task, plan->error);
	if (plan->fault != FAULT_NONE || !plan->journey)
		return plan->fault;
	return set_call(a, e);
}

/* Only a plan with merge fields or of a journey has another URL for each
 * message. */
static enum fault set_url(struct attempts *a, struct easy *e)
{
	const char *url;

	if (e->task->call)
		return easy_set_url(e, e->task->call->url) ? FAULT_NONE
							   : FAULT_URL_RENDERED;
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
	enum fault fault;

	e->task = t;
	e->started_us = now_us();
	e->started_ms = wall_now_ms;
	if (t->trace)
		easy_trace(e);
	fault = fault_of(a, e);
	ulid_format(id, "evt", &t->event);
	easy_set_request(e, id, timestamp(a, e->started_ms), e->started_ms);
	a->n_running++;
	e->transport.fault = fault;
	if (e->transport.fault == FAULT_NONE)
		e->transport.fault = set_url(a, e);
	if (e->transport.fault != FAULT_NONE ||
	    dialer_ask(a->dialer, &e->transport,
		       t->call ? &t->call->at : &plan->at, t->attempt))
		begin(a, e);
	else
		list_push(&a->running, &e->in_stock);
}

void attempts_turn(struct attempts *a)
{
	struct list *node;

	while ((node = list_first(&a->failed))) {
		struct easy *e = container_of(node, struct easy, in_stock);

		finish(a, e, e->transport.fault);
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

	dialer_trim(a->dialer);
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
