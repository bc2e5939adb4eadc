/*
 * lane - one webhook's figures.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "base/mem.h"
#include "console.h"
#include "store/keys.h"
#include "store/oauth_error.h"

#define BUCKETS_MAX 64

struct figures {
	uint64_t delivered, failed, dead;
	uint64_t buckets[BUCKETS_MAX];
	uint64_t dead_kept, backlog;
	/* What its router has told last: */
	char circuit[16];
	char no_token[OAUTH_ERROR_SIZE]; /* empty: none is missing */
	uint64_t window, rate, failing_since, held_since;
	bool told;
};

static void take_field(struct figures *f, struct slice name, uint64_t value)
{
	uint64_t i;

	if (slice_eq_str(name, "delivered"))
		f->delivered = value;
	else if (slice_eq_str(name, "failed"))
		f->failed = value;
	else if (slice_eq_str(name, "dead"))
		f->dead = value;
	else if (slice_eq_str(name, "window"))
		f->window = value;
	else if (slice_eq_str(name, "rate"))
		f->rate = value;
	else if (slice_eq_str(name, "failingSince"))
		f->failing_since = value;
	else if (slice_eq_str(name, "heldSince"))
		f->held_since = value;
	else if (name.n > 1 && name.p[0] == 'h' &&
		 slice_parse_u64(slice_bytes(name.p + 1, name.n - 1), &i) &&
		 i < BUCKETS_MAX)
		f->buckets[i] = value;
}

/* Between the bounds of the bucket it falls into, in ms. Bucket i ends at
 * 100 * 2^i µs. */
static json_t *percentile(const struct figures *f, double share)
{
	double all = 0, below = 0, want;

	for (size_t i = 0; i < BUCKETS_MAX; i++)
		all += (double)f->buckets[i];
	if (all <= 0)
		return json_null();
	want = all * share;
	for (size_t i = 0; i < BUCKETS_MAX; i++) {
		double n = (double)f->buckets[i];
		double upper = 0.1 * (double)(1ull << i);
		double lower = i ? upper / 2 : 0;

		if (n > 0 && below + n >= want)
			return json_real(lower +
					 (upper - lower) * (want - below) / n);
		below += n;
	}
	return json_null();
}

/* Nothing is known of a webhook that had nothing to do yet. */
static json_t *effective_view(const struct figures *f)
{
	json_t *v = json_object();

	json_object_set_new(v, "concurrency",
			    f->told ? json_integer((json_int_t)f->window)
				    : json_null());
	json_object_set_new(v, "ratePerSecond",
			    f->told ? json_integer((json_int_t)f->rate)
				    : json_null());
	return v;
}

static json_t *since_view(uint64_t ms)
{
	return ms ? json_time(ms) : json_null();
}

static json_t *figures_view(const struct figures *f)
{
	double tries = (double)(f->delivered + f->failed);
	json_t *v = json_object(), *latency = json_object();

	json_object_set_new(v, "delivered",
			    json_integer((json_int_t)f->delivered));
	json_object_set_new(v, "failed", json_integer((json_int_t)f->failed));
	json_object_set_new(v, "dead", json_integer((json_int_t)f->dead));
	json_object_set_new(v, "successRate",
			    tries > 0 ? json_real((double)f->delivered / tries)
				      : json_null());
	json_object_set_new(latency, "p50", percentile(f, 0.5));
	json_object_set_new(latency, "p95", percentile(f, 0.95));
	json_object_set_new(latency, "p99", percentile(f, 0.99));
	json_object_set_new(v, "latencyMs", latency);
	json_object_set_new(v, "backlog", json_integer((json_int_t)f->backlog));
	json_object_set_new(v, "circuit",
			    json_string(f->told ? f->circuit : "closed"));
	json_object_set_new(v, "effective", effective_view(f));
	json_object_set_new(v, "circuitReason",
			    f->no_token[0] ? json_string(f->no_token)
					   : json_null());
	json_object_set_new(v, "failingSince", since_view(f->failing_since));
	json_object_set_new(v, "heldSince", since_view(f->held_since));
	json_object_set_new(v, "deadKept",
			    json_integer((json_int_t)f->dead_kept));
	return v;
}

static void on_stats(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	const struct reply *pairs = reply_part(reply, 0);
	struct figures f = {0};
	uint64_t value;

	if (!call_redis_ok(call, e))
		return;
	for (size_t i = 0; i + 1 < reply_count(pairs); i += 2) {
		struct slice name = reply_bytes(reply_part(pairs, i));
		struct slice text = reply_bytes(reply_part(pairs, i + 1));

		if (slice_eq_str(name, "circuit"))
			f.told = slice_cstr(f.circuit, sizeof(f.circuit), text);
		else if (slice_eq_str(name, "noToken"))
			slice_cstr(f.no_token, sizeof(f.no_token), text);
		else if (slice_parse_u64(text, &value))
			take_field(&f, name, value);
	}
	f.dead_kept = (uint64_t)reply_int(reply_part(reply, 1));
	f.backlog = (uint64_t)reply_int(reply_part(reply, 2));
	call_json(call, 200, figures_view(&f));
}

void webhook_stats(struct call *call)
{
	uint64_t p = call_partition(call);
	struct webhook *w = call_webhook(call);
	char stats[KEY_SIZE], dead[KEY_SIZE], backlog[KEY_SIZE];
	struct slice keys[3];

	if (!w)
		return;
	keys[0] = key_lane(stats, p, "stats", w->id.b);
	keys[1] = key_lane(dead, p, "dead", w->id.b);
	keys[2] = key_lane(backlog, p, "backlog", w->id.b);
	call_sent(call, redis_script(call->console->redis, SCRIPT_STATS, keys,
				     3, NULL, 0, on_stats, call));
}
