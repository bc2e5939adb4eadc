/*
 * match - from a project's event name to the lanes that want it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "match.h"

#include <stdlib.h>

#include "base/mem.h"
#include "router.h"
#include "store/config.h"
#include "store/keys.h"

#define PROJECTS_MAX 1000000
#define NAMES_MAX 100000

struct project_match {
	struct table *names; /* event name → owned struct lane_set */
	struct lane_set all;
};

struct match {
	struct table *projects; /* id → owned struct project_match */
	bool valid;
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

static void free_project(struct project_match *pm)
{
	size_t pos = 0;
	void *set;

	while (table_next(pm->names, &pos, NULL, &set)) {
		free(((struct lane_set *)set)->lanes);
		free(set);
	}
	table_free(&pm->names);
	free(pm->all.lanes);
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
	return m;
}

void match_free(struct match **m)
{
	if (!*m)
		return;
	clear(*m);
	table_free(&(*m)->projects);
	free(*m);
	*m = NULL;
}

void match_invalidate(struct match *m)
{
	m->valid = false;
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

static void add_name(struct project_match *pm, struct slice name,
		     struct lane *lane)
{
	struct lane_set *set = table_find(pm->names, name);

	if (!set) {
		set = xcalloc(1, sizeof(*set));
		if (table_put(pm->names, name, set) != ERR_OK) {
			free(set);
			return;
		}
	}
	add(set, lane);
}

static void add_webhook(struct match *m, struct router *r, struct webhook *w)
{
	struct slice project = slice_of(w->project);
	struct partition *p =
	    r->partitions[partition_of(project, r->n_partitions)];
	struct project_match *pm;
	struct lane *lane;

	if (!w->enabled || p->state == PARTITION_FREE)
		return;
	pm = project_of(m, project);
	lane = router_lane(r, p, &w->id);
	if (!pm || !lane)
		return;
	for (size_t i = 0; i < w->n_event_names; i++) {
		if (strcmp(w->event_names[i], "*") == 0)
			add(&pm->all, lane);
		else
			add_name(pm, slice_of(w->event_names[i]), lane);
	}
}

static void compile(struct match *m, struct router *r)
{
	struct webhook *w;
	size_t pos = 0;

	clear(m);
	while ((w = config_next_webhook(r->config, &pos)) != NULL)
		add_webhook(m, r, w);
	m->valid = true;
}

void match_find(struct match *m, struct router *r, struct slice project,
		struct slice event_name, const struct lane_set **named,
		const struct lane_set **all)
{
	const struct project_match *pm;

	if (!m->valid)
		compile(m, r);
	pm = table_find(m->projects, project);
	*named = pm ? table_find(pm->names, event_name) : NULL;
	*all = pm ? &pm->all : NULL;
}
