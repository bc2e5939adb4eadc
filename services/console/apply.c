/*
 * apply - /v1/projects/{p}/apply: a project as one document.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads what there is, checks all that is wanted, then writes one change after
 * the other. Each is compared with what was read, so two that run at once do
 * not mix; one that fails ends the rest, and the same call again goes on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "apply_plan.h"
#include "base/clock.h"
#include "base/mem.h"
#include "check.h"
#include "console.h"
#include "draft_env.h"
#include "proto/message.h"
#include "purge.h"
#include "store/keys.h"
#include "write.h"

struct apply {
	bool dry_run, prune;
	json_t *project, *old_project; /* owned; old: NULL when it is new */
	char *project_text, *old_text; /* owned; text: NULL: as it was */
	char id[PROJECT_ID_MAX + 1];
	struct plan *plan; /* owned */
	size_t next, done; /* items looked at, and changes made */
	uint64_t version;  /* of the last change; 0: none */
};

static void apply_free(void *state)
{
	struct apply *a = state;

	json_decref(a->project);
	json_decref(a->old_project);
	free(a->project_text);
	free(a->old_text);
	plan_free(&a->plan);
}

/* --- the answer -------------------------------------------------- */

/* Secrets that were made are shown this once. */
static void show_made(json_t *list, struct plan *plan)
{
	for (size_t i = 0, shown = 0; i < plan_count(plan); i++) {
		const struct plan_item *item = plan_at(plan, i);
		json_t *view;

		if (item->action == PLAN_LEFT)
			continue;
		if (item->draft.generated[0]) {
			view = draft_view(item->draft.doc, NULL);
			draft_show_generated(view, &item->draft);
			json_object_set(json_array_get(list, shown), "signing",
					json_object_get(view, "signing"));
			json_decref(view);
		}
		shown++;
	}
}

static const char *project_action(const struct apply *a)
{
	if (!a->old_project)
		return "create";
	return a->project_text ? "update" : "unchanged";
}

static void answer_applied(struct call *call)
{
	const struct apply *a = call->state;
	json_t *v = json_object(), *project = json_object();
	json_t *webhooks = plan_view(a->plan);

	json_object_set(project, "id", json_object_get(a->project, "id"));
	json_object_set(project, "name", json_object_get(a->project, "name"));
	json_object_set_new(project, "action", json_string(project_action(a)));
	if (!a->dry_run)
		show_made(webhooks, a->plan);
	json_object_set_new(v, "dryRun", json_boolean(a->dry_run));
	json_object_set_new(v, "project", project);
	json_object_set_new(v, "webhooks", webhooks);
	call_json(call, 200, v);
}

static size_t changes_of(const struct apply *a)
{
	return plan_changes(a->plan) + (a->project_text ? 1 : 0);
}

static void answer_partly(struct call *call, unsigned status, const char *code,
			  const char *why)
{
	const struct apply *a = call->state;
	const char *name = "the project";

	if (a->next > 0)
		name = plan_at(a->plan, a->next - 1)->name;
	call_problem(call, status, code, NULL,
		     "%.60s: %s; %zu of %zu changes are made, apply again for "
		     "the rest",
		     name, why, a->done, changes_of(a));
}

/* --- writing ----------------------------------------------------- */

static void write_next(struct call *call);

static void refused_step(struct call *call, struct slice why)
{
	if (slice_eq_str(why, "full"))
		answer_partly(call, 409, "limit",
			      "there are as many as there may be");
	else if (slice_eq_str(why, "name"))
		answer_partly(call, 409, "exists",
			      "there is one of this name meanwhile");
	else
		answer_partly(call, 409, "conflict",
			      "it has been changed or made meanwhile");
}

static void failed_step(struct call *call, enum err e)
{
	if (e == ERR_REFUSED)
		answer_partly(call, 500, "internal",
			      "the store has refused the request");
	else
		answer_partly(call, 503, "unavailable",
			      e == ERR_FULL ? "the store is full"
					    : "the store is out of reach");
}

static void on_step(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct apply *a = call->state;

	if (e != ERR_OK) {
		failed_step(call, e);
		return;
	}
	if (reply_kind(reply) != REPLY_INT) {
		refused_step(call, reply_bytes(reply));
		return;
	}
	a->version = (uint64_t)reply_int(reply);
	a->done++;
	write_next(call);
}

static void write_item(struct call *call, const struct plan_item *item)
{
	struct apply *a = call->state;
	const struct change change = {
	    .kind = CONFIG_WEBHOOK,
	    .id = item->id,
	    .old = slice_of(item->old_text),
	    .fresh = slice_of(item->text),
	    .old_name = item->old ? item->name : NULL,
	    .name = item->text ? item->name : NULL,
	    .project = a->id,
	    .clear_disabled =
		item->draft.clear_disabled || item->action == PLAN_DELETE,
	};
	enum err e = write_send(call, &change, on_step);

	if (e != ERR_OK)
		failed_step(call, e);
}

static void write_next(struct call *call)
{
	struct apply *a = call->state;

	while (a->next < plan_count(a->plan)) {
		const struct plan_item *item = plan_at(a->plan, a->next++);

		if (item->action == PLAN_SAME || item->action == PLAN_LEFT)
			continue;
		write_item(call, item);
		return;
	}
	if (a->prune)
		purge_wake(call->console->purge);
	if (a->version)
		call_wait_version(call, a->version, answer_applied);
	else
		answer_applied(call);
}

static void write_project(struct call *call)
{
	struct apply *a = call->state;
	const struct change change = {.kind = CONFIG_PROJECT,
				      .id = a->id,
				      .old = slice_of(a->old_text),
				      .fresh = slice_of(a->project_text)};
	enum err e;

	if (!a->project_text) {
		write_next(call);
		return;
	}
	e = write_send(call, &change, on_step);
	if (e != ERR_OK)
		failed_step(call, e);
}

static void on_noted(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;

	(void)reply;
	if (call_redis_ok(call, e))
		write_project(call);
}

/* Notes what is to be purged before anything of it is deleted. */
static void begin_writing(struct call *call)
{
	struct apply *a = call->state;
	char **ids = xcalloc(plan_count(a->plan) + 1, sizeof(ids[0]));
	size_t n = 0;

	for (size_t i = 0; i < plan_count(a->plan); i++)
		if (plan_at(a->plan, i)->action == PLAN_DELETE)
			ids[n++] = plan_at(a->plan, i)->id;
	if (n > 0)
		purge_note(call, ids, n, on_noted);
	else
		write_project(call);
	free(ids);
}

/* --- planning ---------------------------------------------------- */

static void plan_all(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct apply *a = call->state;
	const json_t *webhooks = json_object_get(call->body, "webhooks");
	struct fault fault = {0};
	struct draft_env env;

	if (!call_redis_ok(call, e))
		return;
	a->plan = plan_new(reply_count(reply), json_array_size(webhooks));
	for (size_t i = 0; i < reply_count(reply); i++) {
		json_t *doc = parse_document(reply_part(reply, i));

		if (doc)
			plan_have(a->plan, doc,
				  reply_bytes(reply_part(reply, i)));
	}
	env = draft_env_of(call, a->id);
	for (size_t i = 0; i < json_array_size(webhooks); i++)
		if (!plan_want(a->plan, &env, i, json_array_get(webhooks, i),
			       &fault)) {
			call_fault(call, &fault);
			return;
		}
	plan_finish(a->plan, a->prune);
	if (a->dry_run)
		answer_applied(call);
	else
		begin_writing(call);
}

/* Which webhooks and credentials there are, the mirror knows. */
static void read_all(struct call *call)
{
	read_webhooks(call, plan_all);
}

static json_t *new_project(const struct apply *a)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "id", json_string(a->id));
	json_object_set_new(doc, "name", json_string(a->id));
	json_object_set_new(doc, "createdAt", json_time(wall_ms()));
	json_object_set(doc, "updatedAt", json_object_get(doc, "createdAt"));
	return doc;
}

/* False: answered. */
static bool plan_project(struct call *call)
{
	struct apply *a = call->state;
	json_t *name =
	    json_object_get(json_object_get(call->body, "project"), "name");

	a->project =
	    a->old_project ? json_deep_copy(a->old_project) : new_project(a);
	if (a->old_project &&
	    (!name || json_equal(name, json_object_get(a->project, "name"))))
		return true;
	if (!call->admin) {
		call_problem(call, 403, "forbidden", "project.name",
			     "renaming the project takes an admin key");
		return false;
	}
	if (name)
		json_object_set(a->project, "name", name);
	if (a->old_project)
		json_object_set_new(a->project, "updatedAt",
				    json_time(wall_ms()));
	a->project_text = json_dumps(a->project, JSON_COMPACT);
	return true;
}

static void on_project(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct apply *a = call->state;

	if (!call_redis_ok(call, e))
		return;
	a->old_project = parse_document(reply);
	if (a->old_project)
		a->old_text = slice_dup(reply_bytes(reply));
	if (plan_project(call))
		call_catch_up(call, read_all);
}

static bool check_project(const struct call *call, const json_t *project,
			  struct fault *f)
{
	static const char *const allowed[] = {"id", "name", NULL};
	const json_t *id = json_object_get(project, "id");
	const json_t *name = json_object_get(project, "name");

	if (!is_project_id(call->params[0]))
		return fault_invalid(
		    f, "project.id",
		    "1 to 64 of a-z, 0-9, _ and -, the first not _ "
		    "or -");
	if (project && !json_is_object(project))
		return fault_invalid(f, "project", "it is not an object");
	if (!only_fields(project, "project", allowed, f))
		return false;
	if (id && !slice_eq_str(call->params[0], json_string_value(id)))
		return fault_invalid(f, "project.id", "the path names another");
	if (!name || check_name(name, f))
		return true;
	slice_cstr(f->field, sizeof(f->field), SLICE_LIT("project.name"));
	return false;
}

static bool read_flag(const struct call *call, const char *name, bool *flag,
		      struct fault *f)
{
	const json_t *value = json_object_get(call->body, name);

	if (value && !json_is_boolean(value))
		return fault_invalid(f, name, "it is true or false");
	*flag = json_is_true(value);
	return true;
}

void project_apply(struct call *call)
{
	static const char *const allowed[] = {"project", "webhooks", "dryRun",
					      "prune", NULL};
	struct apply *a = call_state(call, sizeof(*a), apply_free);
	struct fault fault = {0};

	if (!call_read_body(call, allowed, false))
		return;
	if (!check_project(call, json_object_get(call->body, "project"),
			   &fault) ||
	    !read_flag(call, "dryRun", &a->dry_run, &fault) ||
	    !read_flag(call, "prune", &a->prune, &fault) ||
	    (!json_is_array(json_object_get(call->body, "webhooks")) &&
	     !fault_invalid(&fault, "webhooks", "it is a list of webhooks"))) {
		call_fault(call, &fault);
		return;
	}
	must(slice_cstr(a->id, sizeof(a->id), call->params[0]));
	read_document(call, CONFIG_PROJECT, a->id, on_project);
}
