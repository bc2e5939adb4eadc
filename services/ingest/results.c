/*
 * results - tells publishers how the calls that they wait for have ended.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "results.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/redis.h"
#include "proto/messages.h"
#include "store/feeds.h"
#include "store/keys.h"

#include "outcome.h"
#include "replies.h"

#define FEED_HWM 100000
#define MESSAGE_BYTES_MAX (4 * 1024 * 1024)
#define BYTES_A_WAITER 1024
#define BUSY_MS 1000
/* A router tells that a call has expired; it may be late with that. */
#define EXPIRED_WAIT_MS 60000
#define ENDLESS_WAIT_MS 3600000
#define TICK_MS 100
#define LOOK_CALLS_MAX 256
#define LOOKS_MAX 8 /* under way at a time */
#define SUFFIX_SIZE (sizeof("call:") + ID_TEXT_SIZE)

struct results {
	struct results_options o;
	struct replies *replies;
	struct feeds *feeds;
	struct redis *redis;
	uv_timer_t *timer; /* runs while anybody waits; freed when closed */
	size_t looks;
	uint64_t *sent, *found, *expired;
	int64_t *waiting;
};

struct wanted {
	size_t n, cost;
	struct wanted_call {
		size_t position; /* in its body */
		uint64_t partition, wait_ms;
	} calls[];
};

/* ---- telling ---- */

static void show(struct results *r)
{
	*r->waiting = (int64_t)replies_waiting(r->replies);
	*r->expired = replies_expired(r->replies);
}

static bool tell_one(struct results *r, const struct address *to,
		     const struct ulid *id, const json_t *outcome)
{
	struct buf b;
	bool ok;

	buf_init(&b, MESSAGE_BYTES_MAX);
	outcome_write(&b, to->encoding, id, outcome);
	ok = !buf_full(&b) && r->o.send(r->o.arg, to, buf_slice(&b));
	buf_fini(&b);
	return ok;
}

/* False: nobody waits for it. */
static bool tell(struct results *r, const struct ulid *id,
		 const json_t *outcome)
{
	struct address *to;
	bool any = false;

	while ((to = replies_pop(r->replies, id))) {
		*r->sent += tell_one(r, to, id, outcome);
		address_unref(&to);
		any = true;
	}
	show(r);
	return any;
}

/* Every ingest hears of every call. */
static void on_feed(void *arg, struct pipe *pipe, const struct slice *frames,
		    size_t n)
{
	struct results *r = arg;
	json_t *outcome;
	struct ulid id;

	(void)pipe;
	if (n != 2 || replies_waiting(r->replies) == 0)
		return;
	outcome = outcome_of_feed(frames[1]);
	if (outcome && outcome_id(outcome, &id))
		(void)tell(r, &id, outcome);
	json_decref(outcome);
}

/* ---- looking ---- */

struct looked_call {
	uint64_t partition;
	struct ulid id;
};

/* One MGET under way: of calls in one partition, whose keys are together. */
struct look {
	struct results *results;
	size_t n;
	struct ulid ids[];
};

static void on_looked(void *arg, enum err e, const struct reply *reply)
{
	struct look *look = arg;
	struct results *r = look->results;

	r->looks--;
	for (size_t i = 0; e == ERR_OK && i < reply_count(reply); i++) {
		struct slice text = reply_bytes(reply_at(reply, i));
		json_t *outcome = text.n > 0 ? outcome_of_text(text) : NULL;

		if (outcome && i < look->n)
			*r->found += tell(r, &look->ids[i], outcome);
		json_decref(outcome);
	}
	free(look);
}

static void put_key(struct buf *out, const struct ulid *id, uint64_t partition)
{
	char text[ID_TEXT_SIZE], suffix[SUFFIX_SIZE], key[KEY_SIZE];

	snprintf(suffix, sizeof(suffix), "call:%s",
		 ulid_format(text, "evt", id));
	buf_append_slice(out, key_partition(key, partition, suffix));
	buf_append_char(out, ' ');
}

/* names: each followed by a space, of which they have none. */
static void ask(struct results *r, struct look *look, struct slice names)
{
	struct slice argv[LOOK_CALLS_MAX + 1] = {SLICE_LIT("MGET")};

	for (size_t i = 1; i <= look->n; i++)
		(void)slice_cut(&names, ' ', &argv[i]);
	if (redis_command(r->redis, argv, look->n + 1, on_looked, look) ==
	    ERR_OK)
		r->looks++;
	else
		free(look); /* the next look finds it */
}

static void look_at(struct results *r, const struct looked_call *calls,
		    size_t n)
{
	struct look *look =
	    xcalloc(1, sizeof(*look) + n * sizeof(look->ids[0]));
	struct buf names;

	look->results = r;
	look->n = n;
	buf_init(&names, LOOK_CALLS_MAX * KEY_SIZE);
	for (size_t i = 0; i < n; i++) {
		look->ids[i] = calls[i].id;
		put_key(&names, &calls[i].id, calls[i].partition);
	}
	ask(r, look, buf_slice(&names));
	buf_fini(&names);
}

static int by_partition(const void *a, const void *b)
{
	const struct looked_call *x = a, *y = b;

	return (x->partition > y->partition) - (x->partition < y->partition);
}

/* True when there may be more to look up. */
static bool look_once(struct results *r, uint64_t now)
{
	struct looked_call calls[LOOK_CALLS_MAX];
	size_t n = 0, from = 0;

	while (n < LOOK_CALLS_MAX &&
	       replies_look(r->replies, now, &calls[n].id, &calls[n].partition))
		n++;
	qsort(calls, n, sizeof(calls[0]), by_partition);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && calls[i].partition == calls[from].partition)
			continue;
		look_at(r, calls + from, i - from);
		from = i;
	}
	return n == LOOK_CALLS_MAX;
}

static void look_up(struct results *r)
{
	uint64_t now = now_ms();

	while (r->looks < LOOKS_MAX && look_once(r, now))
		;
	show(r);
}

static void on_tick(uv_timer_t *timer)
{
	struct results *r = timer->data;

	look_up(r);
	if (replies_waiting(r->replies) == 0)
		uv_timer_stop(timer);
}

/* ---- who waits ---- */

static struct wanted *wanted_new(const struct request *request,
				 uint64_t partitions)
{
	size_t n = request_count(request);
	struct wanted *w = xcalloc(1, sizeof(*w) + request_calls(request) *
						       sizeof(w->calls[0]));

	for (size_t i = 0; i < n; i++) {
		struct request_event e = request_at(request, i);

		if (e.op != OP_CALL ||
		    !request_call_at(request, i).wants_result)
			continue;
		w->calls[w->n++] = (struct wanted_call){
		    .position = i,
		    .partition = partition_of(e.project, partitions),
		    .wait_ms = e.expires_in_ms
				   ? e.expires_in_ms + EXPIRED_WAIT_MS
				   : ENDLESS_WAIT_MS,
		};
	}
	return w;
}

static void wanted_free(struct wanted **w)
{
	free(*w);
	*w = NULL;
}

bool results_want(struct results *r, const struct request *request,
		  const struct address *to, struct wanted **wanted,
		  struct fault *fault)
{
	struct wanted *w;

	*wanted = NULL;
	if (request_calls(request) == 0)
		return true;
	w = wanted_new(request, r->o.partitions);
	if (w->n > 0 && !replies_reserve(r->replies, w->n, to, &w->cost)) {
		*fault = fault_busy("too many calls wait for their results",
				    BUSY_MS);
		wanted_free(&w);
		return false;
	}
	show(r);
	if (w->n > 0)
		*wanted = w;
	else
		wanted_free(&w);
	return true;
}

void results_wait(struct results *r, struct wanted **wanted,
		  const struct publication *p, struct address *to)
{
	struct wanted *w = *wanted;
	uint64_t now = now_ms();

	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++) {
		const struct wanted_call *c = &w->calls[i];
		const struct reply_wait wait = {
		    .id = p->ids[c->position],
		    .partition = c->partition,
		    .until_ms = now + c->wait_ms,
		    .cost = w->cost,
		    .at_once = p->duplicates > 0,
		};

		replies_add(r->replies, &wait, to, now);
	}
	wanted_free(wanted);
	if (p->duplicates > 0)
		look_up(r);
	if (!uv_is_active((uv_handle_t *)r->timer))
		uv_timer_start(r->timer, on_tick, TICK_MS, TICK_MS);
}

void results_unwant(struct results *r, struct wanted **wanted)
{
	if (!*wanted)
		return;
	replies_release(r->replies, (*wanted)->n, (*wanted)->cost);
	wanted_free(wanted);
	show(r);
}

/* ---- open and close ---- */

static void register_metrics(struct results *r)
{
	struct metrics *m = r->o.metrics;

	r->sent = metrics_counter(m, "ingest_results_total", NULL,
				  "results of calls told to their publishers");
	r->found = metrics_counter(
	    m, "ingest_results_found_total", NULL,
	    "calls whose result was found in Redis, not heard of");
	r->expired = metrics_counter(
	    m, "ingest_results_expired_total", NULL,
	    "results of which nothing was heard while they were waited for");
	r->waiting = metrics_gauge(m, "ingest_results_waiting", NULL,
				   "results that publishers wait for");
}

static void open_feed(struct results *r, uv_loop_t *loop)
{
	const struct feeds_options options = {
	    .context = r->o.context,
	    .loop = loop,
	    .pipe = {.kind = PIPE_SUB,
		     .hwm = FEED_HWM,
		     .message_bytes_max = MESSAGE_BYTES_MAX,
		     .on_message = on_feed,
		     .arg = r},
	    .topics = {"call."},
	};

	r->feeds = feeds_new(&options);
}

struct results *results_open(uv_loop_t *loop,
			     const struct results_options *options, char *error,
			     size_t error_size)
{
	struct results *r = xcalloc(1, sizeof(*r));
	const struct redis_options redis = {
	    .access = options->redis,
	    .arg = r,
	};

	r->o = *options;
	r->redis = redis_open(loop, &redis, error, error_size);
	if (!r->redis) {
		free(r);
		return NULL;
	}
	r->replies = replies_new(options->waiters_max,
				 options->waiters_max * BYTES_A_WAITER);
	register_metrics(r);
	open_feed(r, loop);
	r->timer = xcalloc(1, sizeof(*r->timer));
	must(uv_timer_init(loop, r->timer) == 0);
	r->timer->data = r;
	return r;
}

void results_follow(struct results *r, const struct registry *registry)
{
	feeds_follow(r->feeds, registry);
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

void results_close(struct results **results)
{
	struct results *r = *results;

	if (!r)
		return;
	*results = NULL;
	redis_close(&r->redis);
	feeds_free(&r->feeds);
	uv_close((uv_handle_t *)r->timer, on_timer_closed);
	replies_free(&r->replies);
	free(r);
}
