/*
 * match - from an event to the lanes that want it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "match.h"

#include <stdlib.h>

#include "base/mem.h"
#include "batch.h"
#include "filter/document.h"
#include "filter/set.h"
#include "own_event.h"
#include "router.h"
#include "store/config.h"
#include "store/keys.h"

#define PROJECTS_MAX 1000000
#define NAMES_MAX 100000

/* The webhooks of a project that want the same events. */
struct group {
	struct lane_set plain;
	struct filter_set *filtered; /* owned; NULL: none has a filter */
	struct webhook **held; /* a reference each: the filters are theirs */
	size_t n_held, size_held;
};

struct project_match {
	struct ulid *webhooks; /* owned; also some that are gone by now */
	size_t n, size;
	bool compiled;
	struct table *names; /* event name → owned struct group */
	struct group all;
};

struct match {
	struct table *projects; /* id → owned struct project_match */
	bool valid;
	struct document *document;
	/* What has no room is asked for again and again. */
	struct ulid last; /* the event that is in chosen */
	bool has_last;
	struct lane_set chosen;
	struct lane_set called; /* of a call or an exit: the one */
};

static void add(struct lane_set *set, struct lane *lane)
{
	/* A webhook that names an event twice gets it once. */
	if (set->n > 0 && set->lanes[set->n - 1] == lane)
		return;
	if (set->n == set->size) {
		set->size = set->size ? 2 * set->size : 4;
		set->lanes =
		    xrealloc(set->lanes, set->size * sizeof(struct lane *));
	}
	set->lanes[set->n++] = lane;
}

/* ---- groups and projects ---- */

static void hold(struct group *g, struct webhook *w)
{
	if (g->n_held == g->size_held) {
		g->size_held = g->size_held ? 2 * g->size_held : 4;
		g->held = xrealloc(g->held, g->size_held * sizeof(*g->held));
	}
	g->held[g->n_held++] = webhook_ref(w);
}

static void group_add(struct group *g, struct webhook *w, struct lane *lane)
{
	if (!w->filter) {
		add(&g->plain, lane);
		return;
	}
	if (!g->filtered)
		g->filtered = filter_set_new();
	filter_set_add(g->filtered, w->filter, lane);
	hold(g, w);
}

static void group_clear(struct group *g)
{
	filter_set_free(&g->filtered);
	for (size_t i = 0; i < g->n_held; i++)
		webhook_unref(&g->held[i]);
	free(g->held);
	free(g->plain.lanes);
	*g = (struct group){.filtered = NULL};
}

static void clear_project(struct project_match *pm)
{
	size_t pos = 0;
	void *group;

	while (table_next(pm->names, &pos, NULL, &group)) {
		group_clear(group);
		free(group);
	}
	table_free(&pm->names);
	group_clear(&pm->all);
	pm->names = table_new(NAMES_MAX);
	pm->compiled = false;
}

static void free_project(struct project_match *pm)
{
	clear_project(pm);
	table_free(&pm->names);
	free(pm->webhooks);
	free(pm);
}

static void clear(struct match *m)
{
	size_t pos = 0;
	void *pm;

	while (table_next(m->projects, &pos, NULL, &pm))
		free_project(pm);
	table_free(&m->projects);
	m->projects = table_new(PROJECTS_MAX);
}

struct match *match_new(void)
{
	struct match *m = xcalloc(1, sizeof(*m));

	m->projects = table_new(PROJECTS_MAX);
	m->document = document_new();
	return m;
}

void match_free(struct match **m)
{
	if (!*m)
		return;
	clear(*m);
	table_free(&(*m)->projects);
	document_free(&(*m)->document);
	free((*m)->chosen.lanes);
	free((*m)->called.lanes);
	free(*m);
	*m = NULL;
}

static struct project_match *project_of(struct match *m, struct slice id)
{
	struct project_match *pm = table_find(m->projects, id);

	if (pm)
		return pm;
	pm = xcalloc(1, sizeof(*pm));
	pm->names = table_new(NAMES_MAX);
	if (table_put(m->projects, id, pm) == ERR_OK)
		return pm;
	free_project(pm);
	return NULL;
}

static void list_webhook(struct project_match *pm, const struct ulid *id)
{
	if (pm->n == pm->size) {
		pm->size = pm->size ? 2 * pm->size : 4;
		pm->webhooks =
		    xrealloc(pm->webhooks, pm->size * sizeof(*pm->webhooks));
	}
	pm->webhooks[pm->n++] = *id;
}

/* ---- changes ---- */

void match_invalidate(struct match *m)
{
	m->valid = m->has_last = false;
}

void match_changed(struct match *m, struct slice project,
		   const struct ulid *webhook)
{
	struct project_match *pm;
	size_t i = 0;

	m->has_last = false;
	if (!m->valid)
		return;
	pm = project_of(m, project);
	if (!pm)
		return;
	while (i < pm->n && !ulid_eq(&pm->webhooks[i], webhook))
		i++;
	if (i == pm->n)
		list_webhook(pm, webhook);
	pm->compiled = false;
}

/* Which webhooks there are, by project; those are compiled one by one. */
static void list_all(struct match *m, struct router *r)
{
	struct project_match *pm;
	struct webhook *w;
	size_t pos = 0;

	clear(m);
	while ((w = config_next_webhook(r->config, &pos)) != NULL) {
		pm = project_of(m, slice_of(w->project));
		if (pm)
			list_webhook(pm, &w->id);
	}
	m->valid = true;
}

/* ---- compiling a project ---- */

static struct group *group_of(struct project_match *pm, const char *name)
{
	struct group *g;

	if (strcmp(name, "*") == 0)
		return &pm->all;
	g = table_find(pm->names, slice_of(name));
	if (g)
		return g;
	g = xcalloc(1, sizeof(*g));
	if (table_put(pm->names, slice_of(name), g) == ERR_OK)
		return g;
	free(g);
	return NULL;
}

static void add_webhook(struct project_match *pm, struct router *r,
			struct partition *p, struct webhook *w)
{
	struct lane *lane;
	struct group *g;

	if (!w->enabled)
		return;
	lane = router_lane(r, p, &w->id);
	for (size_t i = 0; lane && i < w->n_event_names; i++) {
		g = group_of(pm, w->event_names[i]);
		if (g)
			group_add(g, w, lane);
	}
}

/* One reading of a message serves the group and those that want all events. */
static void build(struct project_match *pm)
{
	struct filter_set *all = pm->all.filtered, *named;
	size_t pos = 0;
	void *group;

	if (all)
		filter_set_build(all);
	while (table_next(pm->names, &pos, NULL, &group)) {
		named = ((struct group *)group)->filtered;
		if (!named)
			continue;
		filter_set_build(named);
		if (all)
			wanted_merge(filter_set_wanted(named),
				     filter_set_wanted(all));
	}
}

static void compile(struct project_match *pm, struct router *r,
		    struct slice project)
{
	struct partition *p =
	    r->partitions[partition_of(project, r->n_partitions)];
	struct webhook *w;
	size_t n = 0;

	clear_project(pm);
	pm->compiled = true;
	if (p->state == PARTITION_FREE)
		return;
	for (size_t i = 0; i < pm->n; i++) {
		w = config_webhook(r->config, &pm->webhooks[i]);
		if (!w)
			continue;
		pm->webhooks[n++] = pm->webhooks[i];
		add_webhook(pm, r, p, w);
	}
	pm->n = n;
	build(pm);
}

/* ---- an event ---- */

static void choose(void *arg, void *lane)
{
	struct lane_set *chosen = arg;

	add(chosen, lane);
}

static void ask_filters(struct match *m, struct router *r,
			struct filter_set *named, struct filter_set *all,
			const struct event *e)
{
	const struct wanted *wanted;
	const struct value *message;

	if (m->has_last && ulid_eq(&m->last, &e->id))
		return;
	m->chosen.n = 0;
	m->last = e->id;
	m->has_last = true;
	(*r->m.read)++;
	wanted = filter_set_wanted(named ? named : all);
	message = document_read(m->document, wanted, e->body);
	if (named)
		filter_set_match(named, message, choose, &m->chosen);
	if (all)
		filter_set_match(all, message, choose, &m->chosen);
}

static struct project_match *compiled(struct match *m, struct router *r,
				      struct slice project)
{
	struct project_match *pm;

	if (!m->valid)
		list_all(m, r);
	pm = table_find(m->projects, project);
	if (pm && !pm->compiled)
		compile(pm, r, project);
	return pm;
}

bool match_is_named(struct match *m, struct router *r, struct slice project,
		    struct slice name)
{
	const struct project_match *pm = compiled(m, r, project);

	return pm && table_find(pm->names, name) != NULL;
}

/* A call names its webhook, and an exit is the path lane's; neither asks who
 * else wants it. */
static const struct lane_set *find_called(struct match *m, struct router *r,
					  const struct event *e)
{
	struct partition *p =
	    r->partitions[partition_of(e->project, r->n_partitions)];
	struct lane *lane = NULL;
	struct ulid id;

	m->called.n = 0;
	if (e->tile == TILE_exit)
		lane = router_path_lane(r, p, e->project);
	else if (ulid_from_slice(e->webhook, &id) == ERR_OK)
		lane = router_lane(r, p, &id);
	if (lane)
		add(&m->called, lane);
	return &m->called;
}

void match_find(struct match *m, struct router *r, const struct event *e,
		struct matched *out)
{
	static const struct lane_set none;
	struct filter_set *named_filters, *all_filters;
	struct project_match *pm;
	const struct group *named;
	bool own = own_event_is(e->name);

	*out = (struct matched){{&none, &none, &none}};
	if (e->tile != TILE_none) {
		out->sets[0] = find_called(m, r, e);
		return;
	}
	pm = compiled(m, r, e->project);
	if (!pm)
		return;
	named = table_find(pm->names, e->name);
	if (named)
		out->sets[0] = &named->plain;
	if (!own)
		out->sets[1] = &pm->all.plain;
	named_filters = named ? named->filtered : NULL;
	all_filters = own ? NULL : pm->all.filtered;
	if (!named_filters && !all_filters)
		return;
	ask_filters(m, r, named_filters, all_filters, e);
	out->sets[2] = &m->chosen;
}
