/*
 * purge - removes what deleted webhooks leave in Redis.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One walk at a time: partition by partition, one noted webhook after the
 * other, each in chunks; one command is under way at a time. Every step may be
 * repeated, by this console or another one.
 */
#include "purge.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/ulid.h"
#include "console.h"
#include "store/keys.h"

#define CHUNK_TEXT "256"
/* Longer than any attempt: then nothing more of the webhook is written. */
#define NOTED_MS (10 * 60 * 1000)
/* After a deletion the walks come soon, then ever more rarely. */
#define WALK_MS_MIN 1000
#define WALK_MS_MAX 60000

struct purge {
	struct console *console;
	uv_timer_t timer; /* its close callback frees all of this */
	uint64_t wait_ms; /* until the next walk */
	bool walking, again;
	uint64_t partition, rank; /* where the walk is */
	char id[ID_TEXT_SIZE];	  /* the webhook it is at */
	struct ulid webhook;
};

static void walk(struct purge *p);
static void ask_next(struct purge *p);
static void ask_purge(struct purge *p, struct slice many);

/* --- a walk ------------------------------------------------------------ */

static bool is_ending(const struct purge *p)
{
	return p->console->stopping || service_is_draining(p->console->run);
}

static void on_timer(uv_timer_t *timer)
{
	walk(timer->data);
}

static void end_walk(struct purge *p, bool again)
{
	p->walking = p->again = false;
	if (is_ending(p))
		return;
	if (again) {
		walk(p);
		return;
	}
	must(uv_timer_start(&p->timer, on_timer, p->wait_ms, 0) == 0);
	p->wait_ms *= 2;
	if (p->wait_ms > WALK_MS_MAX)
		p->wait_ms = WALK_MS_MAX;
}

/* False: the walk has ended, what is left is for a later one. */
static bool goes_on(struct purge *p, enum err e, const struct reply *reply)
{
	struct slice text = reply_bytes(reply);

	if (e == ERR_OK && !is_ending(p))
		return true;
	if (e == ERR_REFUSED || e == ERR_FULL)
		log_warn("purge_failed", "partition=%llu error=\"%.*s\"",
			 (unsigned long long)p->partition, SLICE_FMT(text));
	end_walk(p, false);
	return false;
}

static void sent(struct purge *p, enum err e)
{
	if (e != ERR_OK)
		end_walk(p, false);
}

static void walk(struct purge *p)
{
	must(!p->walking);
	p->walking = true;
	p->partition = p->rank = 0;
	ask_next(p);
}

/* --- one webhook ------------------------------------------------------- */

static void on_purged(void *arg, enum err e, const struct reply *reply)
{
	struct purge *p = arg;
	bool forgotten;

	if (!goes_on(p, e, reply))
		return;
	forgotten = reply_int(reply_part(reply, 1)) != 0;
	if (reply_int(reply_part(reply, 0)) > 0 && !forgotten) {
		ask_purge(p, SLICE_LIT(CHUNK_TEXT));
		return;
	}
	/* The next one has come to its place. */
	p->rank += !forgotten;
	ask_next(p);
}

/* It is there still: about to go, or its deletion has failed. */
static void on_spared(void *arg, enum err e, const struct reply *reply)
{
	struct purge *p = arg;

	if (!goes_on(p, e, reply))
		return;
	p->rank += reply_int(reply_part(reply, 1)) == 0;
	ask_next(p);
}

static void ask_script(struct purge *p, struct slice many, redis_reply_fn *fn)
{
	const uint8_t *id = p->webhook.b;
	uint64_t n = p->partition;
	char delivery[KEY_SIZE], event[KEY_SIZE], ref[KEY_SIZE];
	char dead[KEY_SIZE], stats[KEY_SIZE], purge[KEY_SIZE], before[24];
	char putoff[KEY_SIZE], putoffs[KEY_SIZE];
	const struct slice keys[] = {
	    key_partition(delivery, n, "delivery"),
	    key_partition(event, n, "event"),
	    key_partition(ref, n, "ref"),
	    key_lane(dead, n, "dead", id),
	    key_lane(stats, n, "stats", id),
	    key_partition(purge, n, "purge"),
	    key_lane(putoff, n, "putoff", id),
	    key_partition(putoffs, n, "putoffs"),
	};
	struct slice argv[] = {slice_of(p->id), many, {0}};

	snprintf(before, sizeof(before), "%llu",
		 (unsigned long long)(wall_ms() - NOTED_MS));
	argv[2] = slice_of(before);
	sent(p, redis_script(p->console->redis, SCRIPT_PURGE, keys, 8, argv, 3,
			     fn, p));
}

static void ask_purge(struct purge *p, struct slice many)
{
	ask_script(p, many, on_purged);
}

static void on_document(void *arg, enum err e, const struct reply *reply)
{
	struct purge *p = arg;

	if (!goes_on(p, e, reply))
		return;
	if (reply_int(reply) == 0)
		ask_purge(p, SLICE_LIT(CHUNK_TEXT));
	else
		ask_script(p, SLICE_LIT("0"), on_spared);
}

static void on_next(void *arg, enum err e, const struct reply *reply)
{
	struct purge *p = arg;
	struct slice id = reply_bytes(reply_part(reply, 0));

	if (!goes_on(p, e, reply))
		return;
	if (reply_count(reply) == 0) {
		p->partition++;
		p->rank = 0;
		ask_next(p);
	} else if (ulid_parse(id, "wh", &p->webhook) != ERR_OK) {
		p->rank++;
		ask_next(p);
	} else {
		ulid_format(p->id, "wh", &p->webhook);
		sent(p,
		     redis_commandf(p->console->redis, on_document, p,
				    "HEXISTS %s %s", KEY_CFG_WEBHOOK, p->id));
	}
}

static void ask_next(struct purge *p)
{
	char key[KEY_SIZE], rank[24];
	struct slice argv[4] = {SLICE_LIT("ZRANGE")};

	if (p->partition == (uint64_t)p->console->common->partitions) {
		end_walk(p, p->again);
		return;
	}
	snprintf(rank, sizeof(rank), "%llu", (unsigned long long)p->rank);
	argv[1] = key_partition(key, p->partition, "purge");
	argv[2] = argv[3] = slice_of(rank);
	sent(p, redis_command(p->console->redis, argv, 4, on_next, p));
}

/* --- for the console --------------------------------------------------- */

struct purge *purge_new(struct console *c, uv_loop_t *loop)
{
	struct purge *p = xcalloc(1, sizeof(*p));

	p->console = c;
	p->wait_ms = WALK_MS_MIN;
	must(uv_timer_init(loop, &p->timer) == 0);
	p->timer.data = p;
	return p;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void purge_free(struct purge **purge)
{
	struct purge *p = *purge;

	*purge = NULL;
	if (p)
		uv_close((uv_handle_t *)&p->timer, on_closed);
}

void purge_wake(struct purge *p)
{
	if (is_ending(p))
		return;
	p->wait_ms = WALK_MS_MIN;
	if (p->walking) {
		p->again = true;
		return;
	}
	uv_timer_stop(&p->timer);
	walk(p);
}

void purge_note(struct call *call, char *const *ids, size_t n,
		redis_reply_fn *fn)
{
	struct slice *argv = xcalloc(n + 1, sizeof(*argv));
	uint64_t partition = call_partition(call);
	char buf[KEY_SIZE], now[24];
	struct slice key = key_partition(buf, partition, "purge");

	snprintf(now, sizeof(now), "%llu", (unsigned long long)wall_ms());
	argv[0] = slice_of(now);
	for (size_t i = 0; i < n; i++)
		argv[1 + i] = slice_of(ids[i]);
	call_sent(call, redis_script(call->console->redis, SCRIPT_PURGE_NOTE,
				     &key, 1, argv, n + 1, fn, call));
	free(argv);
}
