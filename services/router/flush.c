/*
 * flush - what settle.c has gathered, to Redis.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One flush of a partition is under way at a time, and meanwhile the next one
 * fills. A flush whose answer was lost is sent again under the same number and
 * happens once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "disable.h"
#include "held.h"
#include "journey.h"
#include "router.h"
#include "stored.h"
#include "store/config.h"
#include "store/keys.h"

#define FLUSH_AGAIN_MS 100
#define ATTEMPT_ENTRIES_MIN 16
/* Half of what the script trims of a webhook's dead at a time. */
#define DEAD_TRIMMED 128

struct flush_call {
	struct partition *partition; /* borrowed */
	uint64_t life;
};

static void gather_marks(struct partition *p)
{
	struct buf frame;

	buf_init(&frame, 8u * 1024 * 1024);
	LIST_FOREACH (node, &p->batches) {
		struct batch *b = container_of(node, struct batch, node);

		if (!b->changed)
			continue;
		buf_reset(&frame);
		batch_encode_mark(b, &frame);
		if (!buf_full(&frame))
			ops_mark(&p->pending, b->seq, buf_slice(&frame));
	}
	buf_fini(&frame);
}

/* Nothing of it is chained any more, unless it is on its way there. */
static void note_unchained(struct partition *p, struct slice webhook)
{
	struct lane *lane = partition_lane(p, webhook);

	if (lane && lane->order && lane->order->chained_in <= p->flush_number)
		order_unchain_all(lane->order);
}

/* "+<webhook>" or "=<webhook>": some that had been put off have come back. */
static void note_brought_back(struct partition *p, struct slice text)
{
	struct lane *lane =
	    partition_lane(p, slice_bytes(text.p + 1, text.n - 1));

	if (!lane)
		return;
	lane->backlog = true;
	lane->put_off = text.p[0] == '+' || lane->put_off_in > p->flush_number;
	claim_backlog(lane);
}

/* "!<webhook><since when> <field>" */
static void note_since(struct partition *p, struct slice text)
{
	struct slice rest, number;
	struct lane *lane;
	uint64_t since;

	if (text.n < 1 + ULID_TEXT)
		return;
	rest = slice_bytes(text.p + 1 + ULID_TEXT, text.n - 1 - ULID_TEXT);
	lane = partition_lane(p, slice_bytes(text.p + 1, ULID_TEXT));
	if (!lane || !slice_cut(&rest, ' ', &number) ||
	    !slice_parse_u64(number, &since))
		return;
	failing_since(slice_eq_str(rest, SINCE_HELD) ? &lane->held
						     : &lane->failing,
		      since);
}

static void note_answer(struct partition *p, const struct reply *reply)
{
	/* What was behind others is due. */
	if (reply_int(reply_at(reply, 0)) > 0)
		p->next_due_ms = 0;
	for (size_t i = 1; i < reply_count(reply); i++) {
		struct slice text = reply_bytes(reply_at(reply, i));

		if (text.n == 0 || follow_answer(p, text))
			continue;
		if (text.p[0] == '!')
			note_since(p, text);
		else if (text.p[0] == '+' || text.p[0] == '=')
			note_brought_back(p, text);
		else
			note_unchained(p, text);
	}
}

static void on_flushed(void *arg, enum err e, const struct reply *reply)
{
	struct flush_call *call = arg;
	struct partition *p = call->partition;
	struct router *r = p->router;
	struct slice text = reply_bytes(reply);

	if (call->life == p->life) {
		p->flushing = false;
		if (e == ERR_OK) {
			histogram_observe_us(r->m.flush,
					     now_us() - p->flush_sent_us);
			ops_reset(&p->flying);
			note_answer(p, reply);
			journey_flushed(p);
			stored_flushed(p);
		} else if (text.n >= 6 && memcmp(text.p, "FENCED", 6) == 0) {
			(*r->m.fenced)++;
			partition_drop(p, "fenced");
		} else {
			/* Refused or unknown: the same again, a little later.
			 */
			log_warn("flush_failed", "partition=%llu error=\"%s\"",
				 (unsigned long long)p->number, err_text(e));
			p->flush_again_ms = now_ms() + FLUSH_AGAIN_MS;
		}
		if (p->epoch && !ops_empty(&p->pending))
			router_arm_flush(r);
	}
	free(call);
}

/* The stream's length is bounded by records, its trimming goes by entries. */
static uint64_t entries_kept(struct partition *p)
{
	uint64_t keep = (uint64_t)p->router->conf.attempts_keep, n;

	if (p->flying.n_attempts > 0)
		p->attempts_average +=
		    p->flying.n_attempts - p->attempts_average / 16;
	n = keep * 16 / (p->attempts_average ? p->attempts_average : 16);
	return n > ATTEMPT_ENTRIES_MIN ? n : ATTEMPT_ENTRIES_MIN;
}

static void send_flying(struct partition *p)
{
	static const char *const names[] = {
	    "epoch",	"flush",  "log",    "mark", "delivery",
	    "event",	"ref",	  "due",    "held", "attempts",
	    "backlogs", "chains", "putoffs"};
	char keys[13][KEY_SIZE], number[24], count[24], keep[24];
	struct flush_call *call = xcalloc(1, sizeof(*call));
	struct slice k[13], *argv;
	size_t argc;

	for (size_t i = 0; i < 13; i++)
		k[i] = partition_key(p, keys[i], names[i]);
	snprintf(number, sizeof(number), "%llu",
		 (unsigned long long)p->flush_number);
	snprintf(count, sizeof(count), "%llu",
		 (unsigned long long)p->flying.n_attempts);
	snprintf(keep, sizeof(keep), "%llu",
		 (unsigned long long)entries_kept(p));
	argv = ops_arguments(&p->flying, slice_of(p->fence), slice_of(number),
			     slice_of(p->prefix), slice_of(count),
			     slice_of(keep), &argc);
	call->partition = p;
	call->life = p->life;
	p->flush_sent_us = now_us();
	p->flushing = true;
	if (redis_script(p->router->redis, SCRIPT_SETTLE, k, 13, argv, argc,
			 on_flushed, call) != ERR_OK) {
		p->flushing = false;
		p->flush_again_ms = now_ms() + FLUSH_AGAIN_MS;
		free(call);
	}
	free(argv);
}

void flush_send(struct partition *p)
{
	struct ops swap;

	if (p->epoch == 0 || !partition_is_proven(p) || p->flushing ||
	    (p->flush_again_ms && now_ms() < p->flush_again_ms))
		return;
	if (!p->flush_again_ms) {
		gather_marks(p);
		if (ops_empty(&p->pending))
			return;
		swap = p->flying;
		p->flying = p->pending;
		p->pending = swap;
		p->flush_number++;
	}
	p->flush_again_ms = 0;
	send_flying(p);
}

uint64_t flush_done(const struct partition *p)
{
	return p->flush_number - (p->flushing || p->flush_again_ms);
}

/* ---- statistics ---- */

static void write_stats(struct partition *p, struct lane *lane)
{
	const struct router_conf *conf = &p->router->conf;
	struct lane_stats *s = &lane->stats;
	char field[8];

	if (s->delivered)
		ops_stat(&p->pending, lane->id.b, "delivered", s->delivered);
	if (s->failed)
		ops_stat(&p->pending, lane->id.b, "failed", s->failed);
	if (s->dead) {
		ops_stat(&p->pending, lane->id.b, "dead", s->dead);
		for (uint32_t n = 0; n <= s->dead / DEAD_TRIMMED; n++)
			ops_keep_dead(
			    &p->pending, lane->id.b, (uint64_t)conf->dead_keep,
			    keep_before(conf->dead_keep_s, wall_ms()));
	}
	for (int i = 0; i < LANE_BUCKETS; i++) {
		if (!s->latency[i])
			continue;
		snprintf(field, sizeof(field), "h%d", i);
		ops_stat(&p->pending, lane->id.b, field, s->latency[i]);
	}
	*s = (struct lane_stats){0};
}

void flush_statistics(struct partition *p)
{
	if (ops_bytes(&p->pending) > 4u * 1024 * 1024)
		return;
	LIST_FOREACH (node, &p->lanes) {
		struct lane *lane = container_of(node, struct lane, node);

		if (lane->stats.changed) {
			disable_look(p, lane);
			held_look(p, lane);
			write_stats(p, lane);
			router_arm_flush(p->router);
		}
	}
}
