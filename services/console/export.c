/*
 * export - /v1/projects/{p}/export: a project as one document.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/mem.h"
#include "console.h"
#include "draft.h"
#include "write.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(
	    json_string_value(json_object_get(*(json_t *const *)a, "name")),
	    json_string_value(json_object_get(*(json_t *const *)b, "name")));
}

/* By name, so that two exports are easily compared. */
static json_t *export_webhooks(const struct reply *reply)
{
	json_t **views = xcalloc(reply_count(reply) + 1, sizeof(json_t *));
	json_t *list = json_array(), *doc;
	size_t n = 0;

	for (size_t i = 0; i < reply_count(reply); i++) {
		doc = parse_document(reply_part(reply, i));
		if (doc && json_is_string(json_object_get(doc, "name")))
			views[n++] = draft_export(doc);
		json_decref(doc);
	}
	qsort(views, n, sizeof(views[0]), by_name);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, views[i]);
	free(views);
	return list;
}

struct export
{
	json_t *project; /* owned */
};

static void export_free(void *state)
{
	struct export *x = state;

	json_decref(x->project);
}

static void on_webhooks(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	const struct export *x = call->state;
	json_t *v, *project;

	if (!call_redis_ok(call, e))
		return;
	v = json_object();
	project = json_object();
	json_object_set(project, "id", json_object_get(x->project, "id"));
	json_object_set(project, "name", json_object_get(x->project, "name"));
	json_object_set_new(v, "project", project);
	json_object_set_new(v, "webhooks", export_webhooks(reply));
	call_json(call, 200, v);
}

static void on_project(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct export *x = call->state;

	x->project = document_of(call, e, reply);
	if (x->project)
		read_webhooks(call, on_webhooks);
}

void project_export(struct call *call)
{
	static const char *const allowed[] = {NULL};
	char id[PROJECT_ID_MAX + 1];

	call_state(call, sizeof(struct export), export_free);
	if (!call_check_query(call, allowed))
		return;
	must(slice_cstr(id, sizeof(id), call->params[0]));
	read_document(call, CONFIG_PROJECT, id, on_project);
}
