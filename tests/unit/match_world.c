/*
 * match_world - what match needs of a router, without Redis.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "match_world.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "router.h"
#include "store/config.h"
#include "store/webhook.h"

#define WEBHOOKS_MAX 20000

struct config {
	struct webhook *webhooks[WEBHOOKS_MAX];
};

struct world {
	struct router router;
	struct config config;
	struct partition partition;
	struct partition *partitions[1];
	struct lane *lanes[WEBHOOKS_MAX];
	uint64_t read;
};

static struct ulid id_of(size_t number)
{
	struct ulid id = {{0}};

	memcpy(id.b, &number, sizeof(number));
	return id;
}

static size_t number_of(const struct ulid *id)
{
	size_t number;

	memcpy(&number, id->b, sizeof(number));
	return number;
}

struct webhook *config_webhook(const struct config *c, const struct ulid *id)
{
	return c->webhooks[number_of(id)];
}

struct webhook *config_next_webhook(const struct config *c, size_t *pos)
{
	while (*pos < WEBHOOKS_MAX)
		if (c->webhooks[(*pos)++])
			return c->webhooks[*pos - 1];
	return NULL;
}

struct lane *router_path_lane(struct router *r, struct partition *p,
			      struct slice project)
{
	(void)r;
	(void)p;
	(void)project;
	return NULL;
}

/* Only their addresses are looked at. */
struct lane *router_lane(struct router *r, struct partition *p,
			 const struct ulid *webhook)
{
	struct world *w = container_of(r, struct world, router);
	size_t number = number_of(webhook);

	must(p == &w->partition);
	if (!w->lanes[number])
		w->lanes[number] = xcalloc(1, sizeof(struct lane));
	w->lanes[number]->id = *webhook;
	return w->lanes[number];
}

struct world *world_new(void)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->partition.state = PARTITION_HELD;
	w->partitions[0] = &w->partition;
	w->router.partitions = w->partitions;
	w->router.n_partitions = 1;
	w->router.config = &w->config;
	w->router.m.read = &w->read;
	w->router.match = match_new();
	return w;
}

void world_free(struct world **wp)
{
	struct world *w = *wp;

	match_free(&w->router.match);
	for (size_t i = 0; i < WEBHOOKS_MAX; i++) {
		webhook_unref(&w->config.webhooks[i]);
		free(w->lanes[i]);
	}
	free(w);
	*wp = NULL;
}

static struct webhook *make(const struct ulid *id, const char *project,
			    const char *event_name, const char *filter)
{
	char text[ID_TEXT_SIZE];
	json_t *doc = json_pack("{s:s,s:s,s:s,s:s,s:i,s:[s],s:o*}", "id",
				ulid_format(text, "wh", id), "project", project,
				"name", "x", "url", "https://a/", "version", 1,
				"eventNames", event_name, "filter",
				filter ? json_loads(filter, 0, NULL) : NULL);
	char *bytes = json_dumps(doc, 0);
	const struct webhook_source source = {
	    .document = slice_of(bytes),
	    .with_filter = true,
	};
	struct webhook *w = NULL;
	const char *fault = NULL;

	must(webhook_parse(&source, &w, &fault) == ERR_OK);
	free(bytes);
	json_decref(doc);
	return w;
}

void world_put(struct world *w, size_t number, const char *project,
	       const char *event_name, const char *filter, bool tell)
{
	struct ulid id = id_of(number);

	webhook_unref(&w->config.webhooks[number]);
	w->config.webhooks[number] = make(&id, project, event_name, filter);
	if (tell)
		match_changed(w->router.match, slice_of(project), &id);
}

void world_drop(struct world *w, size_t number)
{
	struct ulid id = id_of(number);
	struct webhook *old = w->config.webhooks[number];

	w->config.webhooks[number] = NULL;
	match_changed(w->router.match, slice_of(old->project), &id);
	webhook_unref(&old);
}

void world_find(struct world *w, const struct event *e, struct matched *out)
{
	match_find(w->router.match, &w->router, e, out);
}

size_t world_number(const struct world *w, const struct lane *lane)
{
	(void)w;
	return number_of(&lane->id);
}

uint64_t world_read(const struct world *w)
{
	return w->read;
}

void world_invalidate(struct world *w)
{
	match_invalidate(w->router.match);
}
