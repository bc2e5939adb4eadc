/*
 * cluster_ear - hears the channels of a Redis Cluster.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every node tells what is published at any other. Best heard is it at the
 * master that has the channel's name as if it were a key: there the scripts run
 * that publish, so what was written is not told later than it was written. A
 * second connection is up before the first one goes, so nothing is missed.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/cluster_private.h"

#define PATIENCE_MS 3000

struct cluster_ear {
	struct cluster *cluster;
	struct redis *redis; /* owned */
	struct cluster_place place;
	uint64_t since_ms; /* of trying to connect */
};

static void ear_close(struct cluster_ear **ear)
{
	struct cluster_ear *e = *ear;

	*ear = NULL;
	if (!e)
		return;
	redis_close(&e->redis);
	free(e);
}

bool cluster_hears(const struct cluster *c)
{
	return c->ear && redis_is_up(c->ear->redis);
}

static void on_up(void *arg)
{
	struct cluster_ear *ear = arg;
	struct cluster *c = ear->cluster;

	if (ear == c->next_ear) {
		c->next_ear = c->ear;
		c->ear = ear;
		ear_close(&c->next_ear);
	}
	if (c->o.on_up)
		c->o.on_up(c->o.arg);
}

static void on_down(void *arg)
{
	struct cluster_ear *ear = arg;
	struct cluster *c = ear->cluster;

	/* Another node can be heard at once. */
	ear->since_ms = 0;
	if (ear == c->ear && c->o.on_down)
		c->o.on_down(c->o.arg);
}

static void on_publish(void *arg, struct slice channel, struct slice message)
{
	const struct cluster_ear *ear = arg;
	const struct redis_options *o = &ear->cluster->o;

	if (o->on_publish)
		o->on_publish(o->arg, channel, message);
}

/* NULL: there is no such place. */
static struct cluster_ear *ear_open(struct cluster *c,
				    const struct cluster_node *at, uint64_t now)
{
	struct cluster_ear *ear = xcalloc(1, sizeof(*ear));
	struct redis_options o = c->o;

	ear->cluster = c;
	ear->place = at->place;
	ear->since_ms = now;
	o.scripts = NULL;
	o.n_scripts = 0;
	o.on_up = on_up;
	o.on_down = on_down;
	o.on_publish = on_publish;
	o.arg = ear;
	ear->redis = cluster_connect(c, &at->place, &o);
	if (!ear->redis) {
		free(ear);
		return NULL;
	}
	for (size_t i = 0; i < c->n_channels; i++)
		redis_subscribe(ear->redis, c->channels[i]);
	return ear;
}

static bool is_late(const struct cluster_ear *ear, uint64_t now)
{
	return !redis_is_up(ear->redis) && now - ear->since_ms > PATIENCE_MS;
}

/* Where it is best heard; NULL: nowhere at the moment. */
static const struct cluster_node *best(struct cluster *c)
{
	const struct cluster_node *home =
	    cluster_slot(c, slice_of(c->channels[0]))->home;

	return home && cluster_node_is_up(home) ? home : cluster_any_node(c);
}

void cluster_ear_tick(struct cluster *c, uint64_t now)
{
	const struct cluster_node *at;

	if (c->n_channels == 0 || !c->known)
		return;
	if (c->next_ear && is_late(c->next_ear, now))
		ear_close(&c->next_ear);
	if (c->ear && is_late(c->ear, now))
		ear_close(&c->ear);
	at = best(c);
	if (!at || c->next_ear)
		return;
	if (!c->ear)
		c->ear = ear_open(c, at, now);
	else if (!cluster_place_eq(&c->ear->place, &at->place))
		c->next_ear = ear_open(c, at, now);
}

void cluster_ear_end(struct cluster *c)
{
	ear_close(&c->next_ear);
	ear_close(&c->ear);
}
