/*
 * cluster_node - the masters of a Redis Cluster, and the map that tells who has
 * which slots.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The map is asked for at the start, when somebody has said that it is not
 * right, when a node does not answer, and now and then. An answer of a node
 * that knows of fewer changes than another one did is not believed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/cluster_private.h"

#define LOOK_EVERY_MS 10000
#define LOOK_LOST_MS 500 /* while something is wrong */
#define LOOK_PATIENCE_MS 2000
/* A master that says nothing for so long may be one no more: others are asked.
 */
#define SILENT_MS 1000
#define HANGS_MS 2000
/* A node without slots goes after the first if it has no work, else after the
 * second as well. */
#define SPARE_MS 2000
#define SPARE_BUSY_MS 2000
#define SEED_MS 5000
/* Only older maps for so long: then the cluster has been made anew. */
#define STALE_MS 30000
/* Masters before and after, and some that have only been named. */
#define NODES_MAX (2 * CLUSTER_MASTERS_MAX + CLUSTER_SEEDS_MAX)

/* One question for the map under way. */
struct look {
	struct cluster *cluster;
	uint64_t number;
	struct cluster_place place; /* who was asked */
	uint64_t epoch;
	bool informed, works;
	bool alone; /* the second question was not taken */
};

static void look_at(struct cluster_node *n);

/* ---- what is up ---- */

bool cluster_node_is_up(const struct cluster_node *n)
{
	return redis_is_up(n->redis);
}

static bool is_down(const struct cluster *c)
{
	return !c->known || c->fails >= 2;
}

struct cluster_node *cluster_any_node(const struct cluster *c)
{
	if (is_down(c))
		return NULL;
	LIST_FOREACH (node, &c->nodes) {
		struct cluster_node *n =
		    container_of(node, struct cluster_node, node);

		if (n->mapped && cluster_node_is_up(n))
			return n;
	}
	return NULL;
}

static void find_news(struct cluster *c)
{
	LIST_FOREACH (node, &c->nodes) {
		struct cluster_node *n =
		    container_of(node, struct cluster_node, node);
		bool up = n->mapped && cluster_node_is_up(n) && !is_down(c);

		if (up == n->told)
			continue;
		n->told = up;
		*(up ? &c->tell_up : &c->tell_down) = true;
	}
}

void cluster_tell(struct cluster *c)
{
	bool down, up;

	find_news(c);
	down = c->tell_down;
	up = c->tell_up;
	c->tell_down = c->tell_up = false;
	/* Then the ear tells. */
	if (c->n_channels > 0)
		return;
	if (down && c->o.on_down)
		c->o.on_down(c->o.arg);
	if (up && !c->closing && c->o.on_up)
		c->o.on_up(c->o.arg);
}

/* ---- nodes ---- */

static void on_up(void *arg)
{
	struct cluster_node *n = arg;
	struct cluster *c = n->cluster;

	if (c->closing)
		return;
	n->heard_ms = now_ms();
	/* They are the same everywhere. */
	if (!c->has_sha)
		memcpy(c->sha, n->redis->sha, c->o.n_scripts * sizeof(*c->sha));
	c->has_sha = true;
	if (!c->known && !c->looking)
		look_at(n);
	cluster_ear_tick(c, n->heard_ms);
	cluster_tell(c);
}

static void on_down(void *arg)
{
	struct cluster_node *n = arg;

	if (n->cluster->closing)
		return;
	n->cluster->wanted = true;
	cluster_tell(n->cluster);
}

static struct redis *open_node(struct cluster_node *n)
{
	struct cluster *c = n->cluster;
	struct redis_options o = c->o;

	o.on_up = on_up;
	o.on_down = on_down;
	o.on_publish = NULL;
	o.arg = n;
	/* The bound is ours; ASKING and questions of our own come on top. */
	o.pending_max = c->o.pending_max * 2 + 64;
	return cluster_connect(c, &n->place, &o);
}

static struct cluster_node *find(const struct cluster *c,
				 const struct cluster_place *place)
{
	LIST_FOREACH (node, &c->nodes) {
		struct cluster_node *n =
		    container_of(node, struct cluster_node, node);

		if (cluster_place_eq(&n->place, place))
			return n;
	}
	return NULL;
}

static bool has_room(const struct cluster *c)
{
	size_t n = 0;

	LIST_FOREACH (node, &c->nodes)
		n++;
	return n < NODES_MAX;
}

struct cluster_node *cluster_node_at(struct cluster *c,
				     const struct cluster_place *place)
{
	struct cluster_node *n = find(c, place);

	if (!n && !has_room(c))
		return NULL;
	if (!n) {
		n = xcalloc(1, sizeof(*n));
		n->cluster = c;
		n->place = *place;
		n->number = ++c->nodes_so_far;
		n->heard_ms = now_ms();
		n->redis = open_node(n);
		if (!n->redis) {
			free(n);
			return NULL;
		}
		list_push(&c->nodes, &n->node);
	}
	n->until_ms = now_ms() + SPARE_MS;
	return n;
}

static void drop(struct cluster_node *n)
{
	list_remove(&n->node);
	cluster_slots_leave(n->cluster, n);
	redis_close(&n->redis);
	free(n);
}

static bool has_been_silent(const struct cluster_node *n, uint64_t now,
			    uint64_t ms)
{
	return redis_pending(n->redis) > 0 && now - n->heard_ms > ms;
}

static bool is_silent(const struct cluster_node *n, uint64_t now)
{
	return has_been_silent(n, now, SILENT_MS);
}

bool cluster_node_hangs(const struct cluster_node *n)
{
	return has_been_silent(n, now_ms(), HANGS_MS);
}

/* Nothing of its is waited for any longer; what hangs is not waited for at all.
 */
static bool is_spare(const struct cluster_node *n, uint64_t now)
{
	if (n->mapped)
		return false;
	if (is_silent(n, now) || now >= n->until_ms + SPARE_BUSY_MS)
		return true;
	return now >= n->until_ms && redis_pending(n->redis) == 0;
}

/* True: some that has slots is up. */
static bool drop_spare(struct cluster *c, uint64_t now)
{
	struct list *next;
	bool some = cluster_any_node(c) != NULL;

	if (!some)
		return false;
	for (struct list *p = c->nodes.next; p != &c->nodes; p = next) {
		struct cluster_node *n =
		    container_of(p, struct cluster_node, node);

		next = p->next;
		if (is_spare(n, now))
			drop(n);
		if (c->closing)
			return true;
	}
	return true;
}

/* Nobody who has slots is left: those of the URL may know of others. */
static void add_seeds(struct cluster *c, uint64_t now)
{
	for (size_t i = 0; i < c->url.n; i++) {
		struct cluster_node *n = cluster_node_at(c, &c->url.seeds[i]);

		if (n)
			n->until_ms = now + SEED_MS;
	}
}

void cluster_nodes_begin(struct cluster *c)
{
	add_seeds(c, now_ms());
}

void cluster_nodes_end(struct cluster *c)
{
	struct list *node;

	while ((node = list_first(&c->nodes)))
		drop(container_of(node, struct cluster_node, node));
}

/* ---- the map ---- */

struct cluster_node *cluster_owner(struct cluster *c, uint16_t slot)
{
	uint16_t place = c->map.of[slot];

	return place ? find(c, &c->map.places[place - 1]) : NULL;
}

static void unmap(struct cluster *c, uint64_t now)
{
	LIST_FOREACH (node, &c->nodes) {
		struct cluster_node *n =
		    container_of(node, struct cluster_node, node);

		if (n->mapped)
			n->until_ms = now + SPARE_MS;
		n->mapped = false;
	}
}

static void use_map(struct cluster *c, const struct cluster_map *map)
{
	if (c->map.n_places != map->n_places || !c->known)
		log_info("cluster_map", "masters=%zu", map->n_places);
	unmap(c, now_ms());
	c->map = *map;
	c->known = true;
	for (size_t i = 0; i < map->n_places; i++) {
		struct cluster_node *n = cluster_node_at(c, &map->places[i]);

		if (n)
			n->mapped = true;
	}
	cluster_slots_go_home(c);
}

/* An older view than one that we have had, of a node that has been cut off. */
static bool is_stale(struct cluster *c, const struct look *look, uint64_t now)
{
	if (look->epoch >= c->epoch) {
		c->stale_ms = 0;
		return false;
	}
	if (!c->stale_ms)
		c->stale_ms = now;
	return now - c->stale_ms < STALE_MS;
}

static void consider(struct cluster *c, const struct look *look,
		     const struct reply *reply)
{
	struct cluster_map *map;
	uint64_t now = now_ms();

	if (is_stale(c, look, now))
		return;
	map = xmalloc(sizeof(*map));
	if (cluster_map_read(map, reply, look->place.host) == ERR_OK) {
		/* One alone may be the one that is cut off. */
		c->fails = look->works ? 0 : c->fails + 1;
		c->epoch = look->epoch;
		c->stale_ms = 0;
		c->map_ms = now;
		c->wanted = false;
		use_map(c, map);
	}
	free(map);
	cluster_ear_tick(c, now);
	cluster_tell(c);
}

static void on_info(void *arg, enum err e, const struct reply *reply)
{
	struct look *look = arg;

	look->informed =
	    e == ERR_OK &&
	    cluster_info_read(reply_bytes(reply), &look->epoch, &look->works);
	if (look->alone)
		free(look);
}

static void on_slots(void *arg, enum err e, const struct reply *reply)
{
	struct look *look = arg;
	struct cluster *c = look->cluster;

	if (!c->closing && c->looking == look->number) {
		c->looking = 0;
		if (e == ERR_OK && look->informed)
			consider(c, look, reply);
		else if (e == ERR_REFUSED)
			log_warn("cluster_map_refused",
				 "host=%s port=%d error=\"%.*s\"",
				 look->place.host, look->place.port,
				 SLICE_FMT(reply_bytes(reply)));
	}
	free(look);
}

static void look_at(struct cluster_node *n)
{
	struct cluster *c = n->cluster;
	struct look *look = xcalloc(1, sizeof(*look));

	look->cluster = c;
	look->number = ++c->looks;
	look->place = n->place;
	c->looked_ms = now_ms();
	/* Who has been asked is the last to be asked again. */
	list_remove(&n->node);
	list_push(&c->nodes, &n->node);
	if (redis_commandf(n->redis, on_info, look, "CLUSTER INFO") != ERR_OK) {
		free(look);
		return;
	}
	c->looking = look->number;
	if (redis_commandf(n->redis, on_slots, look, "CLUSTER SLOTS") == ERR_OK)
		return;
	look->alone = true;
	c->looking = 0;
}

static bool is_wrong(const struct cluster *c, uint64_t now)
{
	if (is_down(c) || c->wanted || c->fails > 0)
		return true;
	LIST_FOREACH (node, &c->nodes) {
		const struct cluster_node *n =
		    container_of(node, struct cluster_node, node);

		if (n->mapped && (!cluster_node_is_up(n) || is_silent(n, now)))
			return true;
	}
	return false;
}

static void look_at_next(struct cluster *c, uint64_t now)
{
	LIST_FOREACH (node, &c->nodes) {
		struct cluster_node *n =
		    container_of(node, struct cluster_node, node);

		if (cluster_node_is_up(n) && !is_silent(n, now)) {
			look_at(n);
			return;
		}
	}
}

static void look_if_due(struct cluster *c, uint64_t now)
{
	bool wrong = is_wrong(c, now);
	uint64_t every = wrong ? LOOK_LOST_MS : LOOK_EVERY_MS;

	/* What has just been learnt to be wrong is looked at at once. */
	if (c->wanted && c->looked_ms <= c->map_ms)
		every = 0;
	if (c->looking && now - c->looked_ms > LOOK_PATIENCE_MS)
		c->looking = 0;
	if (!c->looking && now - c->looked_ms >= every)
		look_at_next(c, now);
}

void cluster_nodes_tick(struct cluster *c, uint64_t now)
{
	LIST_FOREACH (node, &c->nodes) {
		struct cluster_node *n =
		    container_of(node, struct cluster_node, node);

		if (redis_pending(n->redis) == 0)
			n->heard_ms = now;
	}
	if (!drop_spare(c, now))
		add_seeds(c, now);
	if (!c->closing)
		look_if_due(c, now);
}
