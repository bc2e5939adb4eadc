/*
 * lane - one webhook's queue.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "lane.h"

#include <stdlib.h>

#include "base/mem.h"
#include "parcel.h"
#include "stored.h"
#include "store/config.h"

struct lane *lane_new(const struct ulid *id, struct partition *partition)
{
	struct lane *lane = xcalloc(1, sizeof(*lane));

	list_init(&lane->node);
	list_init(&lane->ready);
	list_init(&lane->awaiting);
	list_init(&lane->queue);
	lane->id = *id;
	lane->partition = partition;
	return lane;
}

void lane_free(struct lane **lane)
{
	if (!*lane)
		return;
	must(list_empty(&(*lane)->queue));
	list_remove(&(*lane)->node);
	list_remove(&(*lane)->ready);
	list_remove(&(*lane)->awaiting);
	lane_set_webhook(*lane, NULL);
	order_free(&(*lane)->order);
	free(*lane);
	*lane = NULL;
}

void lane_set_webhook(struct lane *lane, struct webhook *w)
{
	if (w)
		webhook_ref(w);
	if (lane->webhook)
		webhook_unref(&lane->webhook);
	lane->webhook = w;
}

bool lane_is_live(const struct lane *lane)
{
	return lane->webhook && lane->webhook->enabled;
}

static const struct delivery *oldest(const struct lane *lane)
{
	const struct list *first = list_first(&lane->queue);
	const struct delivery *queued =
	    first ? container_of(first, struct delivery, node) : NULL;
	const struct delivery *behind =
	    lane->order ? order_oldest(lane->order) : NULL;

	if (!queued || (behind && behind->queued_ms < queued->queued_ms))
		return behind;
	return queued;
}

/* In the queue and in lines. */
static uint32_t waiting(const struct lane *lane)
{
	return lane->queued + (lane->order ? lane->order->n_behind : 0);
}

/* Two batches: one that fills while one goes. */
static uint32_t head_max(const struct lane *lane,
			 const struct lane_limits *limits)
{
	uint32_t want = lane->webhook ? 2 * lane->webhook->batch_events : 0;

	if (want > limits->batch_max)
		want = limits->batch_max;
	return want > limits->head_max ? want : limits->head_max;
}

enum lane_room lane_room(const struct lane *lane,
			 const struct lane_limits *limits, uint64_t now)
{
	const struct delivery *d = oldest(lane);
	/* What waits in Redis shares the room with what arrives. */
	unsigned share = lane->backlog ? 2 : 1;

	if (!d || (waiting(lane) < head_max(lane, limits) / share &&
		   lane->bytes < limits->bytes_max / share))
		return LANE_TAKE;
	return now - d->queued_ms > limits->congested_ms ? LANE_SPILL
							 : LANE_WAIT;
}

bool lane_is_ready(const struct lane *lane)
{
	if (lane->queued == 0)
		return false;
	/* What can only be given up needs no sender and no turn. */
	return !lane_is_live(lane) ||
	       lane->pace.circuit.state != CIRCUIT_CLOSED ||
	       lane->in_flight <
		   window_size(&lane->pace.window, lane->webhook->concurrency);
}

bool lane_wants_refill(const struct lane *lane,
		       const struct lane_limits *limits, uint64_t now)
{
	if (!lane->backlog || lane->refilling)
		return false;
	/* What would only be put off is better left where it is. */
	if (lane_is_live(lane) && !circuit_wants(&lane->pace.circuit, now))
		return false;
	return waiting(lane) == 0 ||
	       (waiting(lane) < head_max(lane, limits) / 2 &&
		lane->bytes < limits->bytes_max / 2);
}

struct delivery *delivery_new(struct event *e, struct lane *lane,
			      const struct ulid *id)
{
	struct delivery *d = xcalloc(1, sizeof(*d));

	list_init(&d->node);
	list_init(&d->of_batch);
	list_init(&d->aged);
	d->id = *id;
	d->event = e;
	d->lane = d->line = lane;
	d->stored = stored_new(e);
	batch_pin(e->batch);
	return d;
}

size_t delivery_free(struct delivery *d)
{
	struct batch *b = d->event->batch;
	size_t n;

	must(list_empty(&d->node));
	list_remove(&d->of_batch);
	n = stored_free(&d->stored);
	free(d);
	return n + batch_unpin(b);
}

static size_t bytes_of(const struct delivery *d)
{
	return d->parcel ? d->parcel->bytes : d->event->body.n;
}

void lane_push(struct lane *lane, struct delivery *d, uint64_t now)
{
	d->queued_ms = now;
	list_push(&lane->queue, &d->node);
	lane->queued += parcel_size(d);
	lane->bytes += bytes_of(d);
}

void lane_push_front(struct lane *lane, struct delivery *d)
{
	list_push_front(&lane->queue, &d->node);
	lane->queued += parcel_size(d);
	lane->bytes += bytes_of(d);
}

struct delivery *lane_pop(struct lane *lane)
{
	struct list *node = list_pop(&lane->queue);
	struct delivery *d;

	if (!node)
		return NULL;
	d = container_of(node, struct delivery, node);
	lane->queued -= parcel_size(d);
	lane->bytes -= bytes_of(d);
	return d;
}

void lane_remove(struct lane *lane, struct delivery *d)
{
	must(!d->sent && d->lane == lane && lane->queued > 0);
	list_remove(&d->node);
	lane->queued -= parcel_size(d);
	lane->bytes -= bytes_of(d);
}

void lane_take_back(struct lane *lane, struct delivery *d)
{
	if (d->probe)
		pace_no_probe(&lane->pace);
	d->probe = false;
}

void lane_count_more(struct lane *lane, bool delivered, bool dead, uint32_t n)
{
	lane->stats.delivered += delivered ? n : 0;
	lane->stats.failed += delivered ? 0 : n;
	lane->stats.dead += dead ? n : 0;
}

bool lane_is_ordered(const struct lane *lane)
{
	return lane->webhook && lane->webhook->ordered;
}

struct order *lane_order(struct lane *lane)
{
	if (!lane->order)
		lane->order = order_new();
	return lane->order;
}

bool lane_join(struct delivery *d, uint64_t hash, uint64_t place, uint64_t now)
{
	struct order *o = lane_order(d->line);

	d->order = place;
	if (order_join(o, order_key(o, hash), d, now))
		return true;
	d->lane->bytes += d->event->body.n;
	return false;
}

struct delivery *lane_leave(struct delivery *d, uint64_t now)
{
	struct delivery *next;

	if (!d->key)
		return NULL;
	if (d->key->head != d)
		d->lane->bytes -= d->event->body.n;
	next = order_leave(d->line->order, d);
	if (!next)
		return NULL;
	next->lane->bytes -= next->event->body.n;
	lane_push(next->lane, next, now);
	return next;
}

void lane_count(struct lane *lane, bool delivered, bool dead, uint64_t us)
{
	uint64_t bound = 100;
	int i = 0;

	lane->stats.changed = true;
	if (delivered)
		lane->stats.delivered++;
	else
		lane->stats.failed++;
	if (dead)
		lane->stats.dead++;
	while (i < LANE_BUCKETS - 1 && us > bound) {
		bound *= 2;
		i++;
	}
	lane->stats.latency[i]++;
}
