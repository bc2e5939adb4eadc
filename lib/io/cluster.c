/*
 * cluster - a Redis Cluster behind the interface of redis.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/cluster_private.h"

#define TICK_MS 250

/* The guard (see the header) is none of the script's business. It is taken away
 * in the line of the first statement, so that Redis' line numbers are right. */
static char *guarded(const char *source)
{
	const char *line =
	    strncmp(source, "#!", 2) == 0 ? strchr(source, '\n') : NULL;
	size_t n = line ? (size_t)(line - source) + 1 : 0;

	return xasprintf("%.*stable.remove(KEYS) %s", (int)n, source,
			 source + n);
}

static void take_scripts(struct cluster *c)
{
	size_t n = c->o.n_scripts;

	c->scripts = xcalloc(n + 1, sizeof(*c->scripts));
	c->sha = xcalloc(n + 1, sizeof(*c->sha));
	for (size_t i = 0; i < n; i++) {
		c->scripts[i].name = c->o.scripts[i].name;
		c->scripts[i].source = guarded(c->o.scripts[i].source);
	}
	c->o.scripts = c->scripts;
}

static void free_scripts(struct cluster *c)
{
	for (size_t i = 0; i < c->o.n_scripts; i++)
		free((char *)(uintptr_t)c->scripts[i].source);
	free(c->scripts);
	free(c->sha);
}

struct redis *cluster_connect(struct cluster *c,
			      const struct cluster_place *place,
			      const struct redis_options *options)
{
	char *text = cluster_url_of(&c->url, place);
	struct redis *r = NULL;
	struct redis_url url;
	char error[200];

	if (redis_url_parse(&url, text, error, sizeof(error))) {
		r = redis_open_url(c->loop, options, &url, c->tls, ROLE_ANY);
		r->password = c->password ? xstrdup(c->password) : NULL;
	} else {
		log_warn("cluster_node", "host=%s port=%d error=\"%s\"",
			 place->host, place->port, error);
	}
	mem_wipe(&text);
	return r;
}

static void on_tick(uv_timer_t *timer)
{
	struct cluster *c = timer->data;
	uint64_t now = now_ms();

	cluster_nodes_tick(c, now);
	if (!c->closing)
		cluster_slots_tick(c);
	if (!c->closing)
		cluster_ear_tick(c, now);
	if (!c->closing)
		cluster_tell(c);
}

struct cluster *cluster_open(uv_loop_t *loop,
			     const struct redis_options *options, char *error,
			     size_t error_size)
{
	const struct redis_access *access = options->access;
	struct redis_tls *tls = NULL;
	struct cluster_url url;
	struct cluster *c;

	if (!cluster_url_parse(&url, access->url, error, error_size))
		return NULL;
	if (url.tls && !(tls = redis_tls_new(access, error, error_size))) {
		cluster_url_fini(&url);
		return NULL;
	}
	c = xcalloc(1, sizeof(*c));
	c->loop = loop;
	c->o = *options;
	c->o.access = NULL;
	c->tls = tls;
	if (redis_given(access->password))
		c->password = xstrdup(access->password);
	if (c->o.pending_max == 0)
		c->o.pending_max = PENDING_MAX_DEFAULT;
	c->url = url;
	take_scripts(c);
	list_init(&c->nodes);
	list_init(&c->slots);
	c->handles = 2;
	must(uv_timer_init(loop, &c->tick) == 0);
	must(uv_timer_init(loop, &c->retry) == 0);
	c->tick.data = c->retry.data = c;
	uv_timer_start(&c->tick, on_tick, TICK_MS, TICK_MS);
	cluster_nodes_begin(c);
	return c;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct cluster *c = handle->data;

	if (--c->handles > 0)
		return;
	mem_wipe(&c->password);
	redis_tls_unref(&c->tls);
	cluster_url_fini(&c->url);
	for (size_t i = 0; i < c->n_channels; i++)
		free(c->channels[i]);
	cluster_slots_free(c);
	free_scripts(c);
	free(c);
}

void cluster_close(struct cluster **cp)
{
	struct cluster *c = *cp;

	*cp = NULL;
	c->closing = true;
	cluster_slots_end(c);
	cluster_nodes_end(c);
	cluster_ear_end(c);
	uv_close((uv_handle_t *)&c->tick, on_handle_closed);
	uv_close((uv_handle_t *)&c->retry, on_handle_closed);
}

bool cluster_is_up(const struct cluster *c)
{
	if (c->n_channels > 0)
		return cluster_hears(c);
	return !c->closing && cluster_any_node(c) != NULL;
}

bool cluster_reaches(struct cluster *c, struct slice key)
{
	struct cluster_slot *s = cluster_slot(c, key);

	return cluster_is_up(c) && !s->away && s->home &&
	       cluster_node_is_up(s->home) && !cluster_node_hangs(s->home);
}

uint64_t cluster_home(struct cluster *c, struct slice key)
{
	const struct cluster_node *home = cluster_slot(c, key)->home;

	return home ? home->number : 0;
}

size_t cluster_pending(const struct cluster *c)
{
	return c->pending;
}

void cluster_subscribe(struct cluster *c, const char *channel)
{
	must(c->n_channels < CHANNELS_MAX);
	/* An ear hears what there is when it is made. */
	cluster_ear_end(c);
	c->channels[c->n_channels++] = xstrdup(channel);
}
