/*
 * witness - waits until the replicas of Redis have what was written.
 * SPDX-License-Identifier: Apache-2.0
 *
 * So many as are wanted are not enough while others are there: the one that
 * becomes the master next may be one of those. Its connection to the old master
 * ends with that, and what it has not confirmed by then it will not have. So
 * all must confirm; one that does not is excused after a while, in which the
 * sentinels' decision would have been heard of.
 *
 * Answers come in the order of the questions, so counting them tells which
 * round one is for. What falls short is waited for again: it is in the log, so
 * nobody may be told that it was not taken.
 */
#include "witness.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* Redis answers then at the latest, with what it has. */
#define PATIENCE_MS 500
/* After so long publishers hear that it does not go on. */
#define SHORT_MS 450
#define EXCUSED_MS 3000

struct witness {
	struct witness_options o;
	uint64_t round;		  /* that is filling */
	uint64_t asked, answered; /* rounds */
	bool any;		  /* the round has something */
	bool is_short;
	uint64_t known;	     /* replicas that are, or were a moment ago */
	uint64_t excused;    /* of those, that need not confirm */
	uint64_t lacking_ms; /* since when some do not; 0: all do */
	uint64_t offset;     /* of the master, a round ago */
	uint64_t *shortages;
	struct histogram *time;
	uint64_t asked_us;
};

struct witness *witness_new(const struct witness_options *options)
{
	struct witness *w = xcalloc(1, sizeof(*w));

	w->o = *options;
	w->round = 1;
	w->shortages = metrics_counter(
	    options->metrics, "ingest_replicas_short_total", NULL,
	    "times that replicas did not confirm for half a second");
	w->time =
	    metrics_histogram(options->metrics, "ingest_replicas_seconds", NULL,
			      "from asking for replicas to their confirmation");
	return w;
}

void witness_free(struct witness **w)
{
	free(*w);
	*w = NULL;
}

uint64_t witness_round(struct witness *w)
{
	w->any = true;
	return w->round;
}

bool witness_is_short(const struct witness *w)
{
	return w->is_short;
}

static void set_short(struct witness *w, bool is_short)
{
	if (w->is_short == is_short)
		return;
	w->is_short = is_short;
	if (is_short)
		log_warn("replicas_short", "wanted=%" PRIu64 " known=%" PRIu64,
			 w->o.replicas, w->known);
	else
		log_info("replicas_enough",
			 "wanted=%" PRIu64 " known=%" PRIu64
			 " excused=%" PRIu64,
			 w->o.replicas, w->known, w->excused);
	w->o.on_change(w->o.arg);
}

static uint64_t needed(const struct witness *w)
{
	uint64_t n = w->known - w->excused;

	return n > w->o.replicas ? n : w->o.replicas;
}

/* ---- who is there ---- */

/* How many of [address, port, offset] have come so far. */
static uint64_t count_at(const struct reply *replicas, uint64_t offset)
{
	uint64_t n = 0, at;

	for (size_t i = 0; i < reply_count(replicas); i++) {
		const struct reply *one = reply_at(replicas, i);

		n += reply_count(one) >= 3 &&
		     slice_parse_u64(reply_bytes(reply_at(one, 2)), &at) &&
		     at >= offset;
	}
	return n;
}

/* ["master", offset, [replica, ...]] */
static void on_role(void *arg, enum err e, const struct reply *reply)
{
	struct witness *w = arg;
	const struct reply *replicas;

	if (e != ERR_OK || reply_count(reply) < 3)
		return;
	replicas = reply_at(reply, 2);
	if (reply_count(replicas) > w->known)
		w->known = reply_count(replicas);
	if (w->excused > 0 && count_at(replicas, w->offset) >= w->known)
		w->excused = 0;
	w->offset = (uint64_t)reply_int(reply_at(reply, 1));
}

/* ---- what they have ---- */

static bool is_enough(struct witness *w, uint64_t n)
{
	uint64_t now = now_ms();

	if (n >= needed(w)) {
		w->lacking_ms = 0;
		return true;
	}
	if (w->lacking_ms == 0)
		w->lacking_ms = now;
	if (now - w->lacking_ms < EXCUSED_MS || n < w->o.replicas)
		return false;
	w->excused = w->known - n;
	w->lacking_ms = 0;
	return true;
}

static void on_answer(void *arg, enum err e, const struct reply *reply)
{
	struct witness *w = arg;
	uint64_t round = ++w->answered;
	char text[128];

	/* Whoever waits is asked for anew, over the next connection. */
	if (e == ERR_CLOSED || e == ERR_AGAIN)
		return;
	if (e != ERR_OK)
		log_error("append_refused", "text=%s",
			  log_quote(text, sizeof(text), reply_bytes(reply)));
	if (is_enough(w, e == ERR_OK ? (uint64_t)reply_int(reply) : 0)) {
		histogram_observe_us(w->time, now_us() - w->asked_us);
		w->o.on_confirmed(w->o.arg, round);
		set_short(w, false);
		return;
	}
	if (now_ms() - w->lacking_ms >= SHORT_MS) {
		++*w->shortages;
		set_short(w, true);
	}
	/* A later one covers this one, too. */
	if (w->answered == w->asked)
		witness_ask(w);
}

/* ---- asking ---- */

void witness_ask(struct witness *w)
{
	if (redis_commandf(w->o.redis, on_role, w, "ROLE") != ERR_OK ||
	    redis_commandf(w->o.redis, on_answer, w, "WAIT %" PRIu64 " %d",
			   needed(w), PATIENCE_MS) != ERR_OK)
		return;
	w->any = false;
	w->asked_us = now_us();
	w->asked++;
	w->round++;
}

void witness_end_round(struct witness *w)
{
	if (w->any)
		witness_ask(w);
}

void witness_begin(struct witness *w)
{
	w->known = w->excused = w->lacking_ms = w->offset = 0;
	witness_ask(w);
}
