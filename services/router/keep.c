/*
 * keep - how long what has ended is kept.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keep.h"

#include "base/clock.h"
#include "router.h"
#include "store/config.h"
#include "store/keys.h"

/* All webhooks are looked at so often, but no more of them in a tick. */
#define WALK_MS 60000
#define WEBHOOKS_A_TICK 256
#define ENTRIES_MIN 16
#define AVERAGED 16

uint64_t keep_before(int64_t keep_s, uint64_t wall)
{
	uint64_t keep_ms = (uint64_t)keep_s * 1000;

	return keep_s > 0 && keep_ms < wall ? wall - keep_ms : 0;
}

uint64_t keep_entries(int64_t keep_bytes, uint64_t entry_bytes)
{
	uint64_t n;

	if (entry_bytes == 0)
		return 0;
	n = (uint64_t)keep_bytes / entry_bytes;
	return n > ENTRIES_MIN ? n : ENTRIES_MIN;
}

uint64_t keep_average(uint64_t average, size_t bytes)
{
	if (average == 0)
		return bytes;
	return average - average / AVERAGED + bytes / AVERAGED;
}

static void trim_streams(struct partition *p, uint64_t wall)
{
	const struct router_conf *conf = &p->router->conf;

	if (conf->attempts_keep_s > 0)
		ops_trim(&p->pending, "attempts",
			 keep_before(conf->attempts_keep_s, wall), 0);
	if (conf->events_keep_s > 0)
		ops_trim(
		    &p->pending, "events",
		    keep_before(conf->events_keep_s, wall),
		    keep_entries(conf->events_keep_bytes, p->kept_average));
	else if (!p->unkept)
		ops_remove(&p->pending, "events");
	/* What was kept under other settings goes, once. */
	p->unkept = true;
	router_arm_flush(p->router);
}

static void trim_dead(struct router *r, const struct webhook *w, uint64_t wall)
{
	uint64_t n = partition_of(slice_of(w->project), r->n_partitions);
	struct partition *p = r->partitions[n];

	if (p->state != PARTITION_HELD || !partition_may_write(p))
		return;
	ops_keep_dead(&p->pending, w->id.b, (uint64_t)r->conf.dead_keep,
		      keep_before(r->conf.dead_keep_s, wall));
	router_arm_flush(r);
}

/* Also of webhooks to which nothing comes any more, and of what has been
 * cancelled, which dies without a router. */
static void walk(struct router *r, uint64_t wall)
{
	struct keep *k = &r->keep;
	const struct webhook *w = NULL;

	if (now_ms() < k->next_ms)
		return;
	for (int i = 0; i < WEBHOOKS_A_TICK; i++) {
		w = config_next_webhook(r->config, &k->position);
		if (!w)
			break;
		trim_dead(r, w, wall);
	}
	if (!w) {
		k->position = 0;
		k->next_ms = now_ms() + WALK_MS;
	}
}

void keep_tick(struct router *r, bool second)
{
	const struct router_conf *conf = &r->conf;
	bool streams = conf->attempts_keep_s > 0 || conf->events_keep_s > 0;
	uint64_t wall = wall_ms();

	for (uint64_t i = 0; i < r->n_partitions; i++) {
		struct partition *p = r->partitions[i];

		if (p->state == PARTITION_HELD && partition_may_write(p) &&
		    ((streams && second) || !p->unkept))
			trim_streams(p, wall);
	}
	if (config_loaded(r->config))
		walk(r, wall);
}
