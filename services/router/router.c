/*
 * router - the wiring: timers, Redis, and what a change of the configuration
 * leads to.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "disable.h"
#include "caller.h"
#include "dispatch.h"
#include "feed.h"
#include "filter/document.h"
#include "held.h"
#include "journey.h"
#include "match.h"
#include "parcel.h"
#include "place.h"
#include "sockets.h"
#include "store/config.h"
#include "store/keys.h"
#include "store/registry.h"
#include "store/script.h"
#include "stored.h"
#include "tell.h"

#define BEATS_A_LEASE 5
#define TICK_MS 100
#define DRAIN_BEAT_MS 50
#define LANES_MAX 1000000
#define SENDERS_MAX 1024
#define ROUTERS_MAX 256
/* A lane may have this part of the memory that is free. */
#define LANE_PART 4

bool router_has_room(const struct router *r, size_t bytes)
{
	if (r->n_deliveries + r->coming >= (size_t)r->conf.head_deliveries)
		return false;
	/* One entry larger than all the room must still get through. */
	return r->head_bytes + r->coming_bytes == 0 ||
	       r->head_bytes + r->coming_bytes + bytes <
		   (size_t)r->conf.head_bytes;
}

static size_t part_of(size_t all, size_t used)
{
	size_t part = used < all ? (all - used) / LANE_PART : 0;

	return part > 1 ? part : 1;
}

struct lane_limits router_limits(const struct router *r)
{
	const struct router_conf *c = &r->conf;
	size_t n =
	    part_of((size_t)c->head_deliveries, r->n_deliveries + r->coming);

	return (struct lane_limits){
	    .head_max =
		(uint32_t)(n < (size_t)c->lane_head ? n : (size_t)c->lane_head),
	    .batch_max = (uint32_t)n,
	    .bytes_max =
		part_of((size_t)c->head_bytes, r->head_bytes + r->coming_bytes),
	    .congested_ms = (uint64_t)c->congested_ms,
	};
}

/* In no log: its bytes are this delivery's alone. */
static size_t own_bytes(const struct delivery *d)
{
	return d->event->batch->seq ? 0 : d->event->batch->n_bytes;
}

void router_send_off(struct router *r, struct delivery *d)
{
	for (uint32_t i = 0; i < parcel_size(d); i++) {
		parcel_at(d, i)->sent = true;
		r->head_bytes -= own_bytes(parcel_at(d, i));
	}
}

void router_take_back(struct router *r, struct delivery *d)
{
	for (uint32_t i = 0; i < parcel_size(d); i++) {
		parcel_at(d, i)->sent = false;
		r->head_bytes += own_bytes(parcel_at(d, i));
	}
}

static void forget_one(struct router *r, struct delivery *d)
{
	struct delivery *next;

	must(r->n_deliveries > 0);
	if (d->key) {
		next = lane_leave(d, now_ms());
		if (next)
			stored_after(next);
		dispatch_touch(next ? next->lane : d->lane);
	}
	r->n_deliveries--;
	r->head_bytes -= delivery_free(d);
}

void router_forget(struct router *r, struct delivery *d)
{
	struct parcel *parcel = parcel_open(d);

	for (uint32_t i = 0; parcel && i < parcel->n; i++)
		forget_one(r, parcel->members[i]);
	if (!parcel)
		forget_one(r, d);
	free(parcel);
}

struct lane *router_path_lane(struct router *r, struct partition *p,
			      struct slice project)
{
	struct ulid id = path_lane_id(project);

	return router_lane(r, p, &id);
}

struct lane *router_lane(struct router *r, struct partition *p,
			 const struct ulid *webhook)
{
	struct lane *lane = table_find(r->lanes, ulid_slice(webhook));

	if (lane)
		return lane->partition == p ? lane : NULL;
	lane = lane_new(webhook, p);
	if (table_put(r->lanes, ulid_slice(webhook), lane) != ERR_OK) {
		lane_free(&lane);
		return NULL;
	}
	lane_set_webhook(lane, config_webhook(r->config, webhook));
	ring_join(&r->ring, lane,
		  slice_of(lane->webhook ? lane->webhook->project : ""));
	list_push(&p->lanes, &lane->node);
	return lane;
}

/* ---- timers ---- */

static void on_flush(uv_timer_t *timer)
{
	struct router *r = timer->data;

	r->flush_armed = false;
	for (uint64_t i = 0; i < r->n_partitions; i++)
		flush_send(r->partitions[i]);
}

static void arm_flush(struct router *r, uint64_t ms)
{
	r->flush_armed = true;
	must(uv_timer_start(&r->flush, on_flush, ms, 0) == 0);
}

void router_arm_flush(struct router *r)
{
	if (!r->flush_armed)
		arm_flush(r, (uint64_t)r->conf.flush_ms);
}

void router_flush_soon(struct router *r)
{
	arm_flush(r, 0);
}

static size_t live_routers(const struct router *r, const char **names)
{
	const struct process_info *info;
	size_t pos = 0, n = 0;
	bool me = false;

	while ((info = registry_next(r->registry, &pos)) != NULL) {
		if (strcmp(info->service, "router") != 0 || n == ROUTERS_MAX)
			continue;
		me = me || strcmp(info->instance, r->common->instance) == 0;
		names[n++] = info->instance;
	}
	/* Not seen by others yet: take nothing. */
	return me ? n : 0;
}

static bool all_free(const struct router *r)
{
	for (uint64_t i = 0; i < r->n_partitions; i++)
		if (r->partitions[i]->state != PARTITION_FREE)
			return false;
	return true;
}

/* What was announced before Redis was out of reach may arrive after what
 * another router has announced since. */
static bool owner_is_wrong(const struct router *r, const struct partition *p)
{
	const struct process_info *owner =
	    registry_owner(r->registry, p->number);

	return p->announced && p->state == PARTITION_HELD && owner &&
	       strcmp(owner->instance, r->common->instance) != 0;
}

static void on_beat(uv_timer_t *timer)
{
	struct router *r = timer->data;
	const char *names[ROUTERS_MAX];
	size_t n = r->draining ? 0 : live_routers(r, names);

	for (uint64_t i = 0; i < r->n_partitions; i++) {
		struct partition *p = r->partitions[i];
		/* While the registry is out of reach, what is held is kept. */
		bool mine = n == 0 ? !r->draining && p->state != PARTITION_FREE
				   : strcmp(names[place_of(i, names, n)],
					    r->common->instance) == 0;

		partition_beat(p, mine && config_loaded(r->config));
		if (owner_is_wrong(r, p))
			p->announced = false;
	}
	service_set_healthy(r->run,
			    redis_is_up(r->redis) && config_loaded(r->config),
			    "Redis is out of reach or not yet read");
	if (r->draining && all_free(r))
		service_drained(r->run);
}

static void gauges(struct router *r)
{
	int64_t held = 0;

	for (uint64_t i = 0; i < r->n_partitions; i++)
		held += partition_is_held(r->partitions[i]);
	*r->m.partitions = held;
	*r->m.in_memory = (int64_t)r->n_deliveries;
	*r->m.in_flight = (int64_t)tasks_count(r->tasks);
	*r->m.head_bytes = (int64_t)r->head_bytes;
	*r->m.senders = (int64_t)r->senders.n;
}

static void on_tick(uv_timer_t *timer)
{
	struct router *r = timer->data;

	bool second = now_ms() - r->second_ms >= 1000;

	if (second)
		r->second_ms = now_ms();
	dispatch_reap(r);
	for (uint64_t i = 0; i < r->n_partitions; i++) {
		struct partition *p = r->partitions[i];

		if (p->state == PARTITION_FREE)
			continue;
		follow_stragglers(p);
		tell_tick(p);
		flush_statistics(p);
		dispatch_touch_all(p);
		claim_backlogs(p);
		if (second) {
			notice_backlogs(p);
			journey_tick(p);
		}
		if (p->flush_again_ms)
			flush_send(p);
	}
	keep_tick(r, second);
	gauges(r);
	if (second)
		*r->m.held = held_count(r);
}

/* Before the loop sleeps: match what came, hand out, send. */
static void on_pump(uv_prepare_t *prepare)
{
	struct router *r = prepare->data;
	uint64_t wall = wall_ms();
	bool progress = true;

	for (int i = 0; i < 64 && progress; i++) {
		progress = false;
		for (uint64_t k = 0; k < r->n_partitions; k++) {
			progress = follow_pump(r->partitions[k]) || progress;
			claim_due(r->partitions[k], wall);
		}
		progress = dispatch_pump(r) || progress;
		dispatch_send(r);
	}
}

/* Switched on or off, it begins anew: what it did before does not count. */
static void set_webhook(struct lane *lane, struct webhook *w)
{
	bool was_live = lane_is_live(lane), was_there = lane->webhook != NULL;
	bool is_another =
	    was_there && (!w || w->version != lane->webhook->version);

	lane_set_webhook(lane, w);
	if (is_another)
		held_release(lane);
	if (was_there && w && was_live != lane_is_live(lane))
		disable_forget(lane->partition, lane);
	dispatch_touch(lane);
}

static void on_webhook_change(struct router *r, const struct ulid *id)
{
	struct webhook *w = config_webhook(r->config, id);
	struct lane *lane = table_find(r->lanes, ulid_slice(id));

	/* One that is gone and has no lane was matched by nothing. */
	if (w || (lane && lane->webhook))
		match_changed(r->match,
			      slice_of((w ? w : lane->webhook)->project), id);
	if (lane)
		set_webhook(lane, w);
}

static void on_config_change(void *arg, enum config_kind kind, struct slice id)
{
	struct router *r = arg;
	struct ulid u;

	if (kind == CONFIG_WEBHOOK && ulid_parse(id, "wh", &u) == ERR_OK)
		on_webhook_change(r, &u);
	else if (kind == CONFIG_CREDENTIAL &&
		 ulid_parse(id, "cred", &u) == ERR_OK &&
		 config_credential(r->config, &u))
		held_hurry(r, &u);
}

static void on_config_loaded(void *arg)
{
	struct router *r = arg;
	size_t pos = 0;
	void *value;

	match_invalidate(r->match);
	while (table_next(r->lanes, &pos, NULL, &value)) {
		struct lane *lane = value;

		set_webhook(lane, config_webhook(r->config, &lane->id));
	}
	held_hurry(r, NULL);
}

static void on_config_mismatch(void *arg, const char *text)
{
	struct router *r = arg;

	log_error("config_mismatch", "text=\"%s\"", text);
	service_fail(r->run, 2);
}

static void figures(void *arg, struct buf *out)
{
	struct router *r = arg;

	buf_printf(
	    out,
	    "{\"partitions\":%lld,\"inMemory\":%zu,\"inFlight\":%zu,"
	    "\"senders\":%zu,\"delivered\":%llu,\"retried\":%llu,"
	    "\"dead\":%llu}",
	    (long long)*r->m.partitions, r->n_deliveries, tasks_count(r->tasks),
	    r->senders.n, (unsigned long long)*r->m.delivered,
	    (unsigned long long)*r->m.retried, (unsigned long long)*r->m.dead);
}

/* ---- start and stop ---- */

/* It may have come back with less than it had: the leases' answers tell. */
static void on_redis_up(void *arg)
{
	struct router *r = arg;

	on_beat(&r->beat);
}

static bool open_redis(struct router *r, char *error, size_t size)
{
	static struct redis_script scripts[SCRIPT_COUNT];
	const struct redis_options options = {
	    .access = &r->common->redis,
	    .scripts = scripts,
	    .n_scripts = SCRIPT_COUNT,
	    .on_up = on_redis_up,
	    .on_down = partition_on_redis_down,
	    .arg = r,
	};

	scripts[SCRIPT_TAKE] = (struct redis_script){"take", script_take};
	scripts[SCRIPT_RELEASE] =
	    (struct redis_script){"release", script_release};
	scripts[SCRIPT_SETTLE] = (struct redis_script){"settle", script_settle};
	scripts[SCRIPT_STORED] = (struct redis_script){"stored", script_stored};
	scripts[SCRIPT_CLAIM] = (struct redis_script){"claim", script_claim};
	scripts[SCRIPT_DISABLE] =
	    (struct redis_script){"disable", script_disable};
	r->redis = redis_open(r->loop, &options, error, size);
	return r->redis != NULL;
}

static bool open_store(struct router *r, char *error, size_t size)
{
	const struct config_options config = {
	    .redis = &r->common->redis,
	    .partitions = r->n_partitions,
	    .with_webhooks = true,
	    .with_filters = true,
	    .with_credentials = true,
	    .on_change = on_config_change,
	    .on_loaded = on_config_loaded,
	    .on_mismatch = on_config_mismatch,
	    .arg = r,
	};
	const struct registry_options registry = {
	    .service = "router",
	    .instance = r->common->instance,
	    .redis = &r->common->redis,
	    .sender_endpoints = r->sender_endpoints,
	    .curve_key = service_public_key(r->run),
	    .ingest_endpoints = r->ingest_endpoints,
	    .feed_endpoints = r->feed_endpoints,
	    .figures = figures,
	    .arg = r,
	};

	r->config = config_open(r->loop, &config, error, size);
	if (!r->config)
		return false;
	r->registry = registry_open(r->loop, &registry, error, size);
	return r->registry != NULL;
}

static void start_timers(struct router *r)
{
	uint64_t beat = (uint64_t)r->conf.lease_ms / BEATS_A_LEASE;

	uv_timer_init(r->loop, &r->beat);
	uv_timer_init(r->loop, &r->flush);
	uv_timer_init(r->loop, &r->tick);
	uv_prepare_init(r->loop, &r->pump);
	r->beat.data = r->flush.data = r->tick.data = r->pump.data = r;
	uv_timer_start(&r->beat, on_beat, 10, beat);
	uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
	uv_prepare_start(&r->pump, on_pump);
}

bool router_start(struct service_run *run, void *state, char *error,
		  size_t size)
{
	struct router *r = state;

	r->run = run;
	r->common = service_common(run);
	r->loop = service_loop(run);
	r->n_partitions = (uint64_t)r->common->partitions;
	r->boot = rng_u64();
	r->lanes = table_new(LANES_MAX);
	r->match = match_new();
	r->callers = caller_reader_new();
	r->document = document_new();
	r->tasks = tasks_new((uint32_t)r->boot | 1);
	ring_init(&r->ring);
	buf_init(&r->body, TASK_BODY_BYTES_MAX);
	senders_init(&r->senders, SENDERS_MAX);
	gauges_init(&r->m, service_metrics(r->run));
	r->partitions = xcalloc(r->n_partitions, sizeof(*r->partitions));
	for (uint64_t i = 0; i < r->n_partitions; i++)
		r->partitions[i] = partition_new(r, i);
	start_timers(r);
	return sockets_open(r, error, size) && open_redis(r, error, size) &&
	       open_store(r, error, size) &&
	       service_admin_listen(run, r->conf.admin_bind, error, size);
}

void router_drain(struct service_run *run, void *state)
{
	struct router *r = state;

	(void)run;
	r->draining = true;
	must(uv_timer_start(&r->beat, on_beat, 0, DRAIN_BEAT_MS) == 0);
}

void router_stop(struct service_run *run, void *state)
{
	struct router *r = state;

	(void)run;
	uv_close((uv_handle_t *)&r->pump, NULL);
	uv_close((uv_handle_t *)&r->tick, NULL);
	uv_close((uv_handle_t *)&r->flush, NULL);
	uv_close((uv_handle_t *)&r->beat, NULL);
	for (uint64_t i = 0; i < r->n_partitions; i++)
		partition_drop(r->partitions[i], "stop");
	if (r->registry)
		registry_close(&r->registry);
	if (r->redis)
		redis_close(&r->redis);
	for (uint64_t i = 0; i < r->n_partitions; i++)
		partition_free(&r->partitions[i]);
	free(r->partitions);
	if (r->config)
		config_close(&r->config);
	sockets_close(r);
	senders_fini(&r->senders);
	buf_fini(&r->body);
	tasks_free(&r->tasks);
	match_free(&r->match);
	caller_reader_free(&r->callers);
	document_free(&r->document);
	ring_fini(&r->ring);
	table_free(&r->lanes);
}
