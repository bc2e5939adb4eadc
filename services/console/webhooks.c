/*
 * webhooks - /v1/projects/{p}/webhooks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "console.h"
#include "draft_env.h"
#include "draft_fields.h"
#include "purge.h"
#include "write.h"

struct webhook_change {
	struct draft draft; /* doc: owned */
	char *text;	    /* owned; the doc as text */
	unsigned status;
};

static void change_free(void *state)
{
	struct webhook_change *w = state;

	json_decref(w->draft.doc);
	explicit_bzero(w->draft.generated, sizeof(w->draft.generated));
	free(w->text);
}

/* Why receivers or routers have disabled it: only the mirror knows. */
static json_t *view_of(const struct call *call, const json_t *doc)
{
	const char *id = text_field(doc, "id"), *reason = NULL;
	const struct webhook *w;
	struct ulid ulid;

	if (id && ulid_parse(slice_of(id), "wh", &ulid) == ERR_OK) {
		w = config_webhook(call->console->config, &ulid);
		reason = w ? w->disabled_reason : NULL;
	}
	return draft_view(doc, reason);
}

static json_t *list_view(struct call *call, json_t *doc)
{
	json_t *view = view_of(call, doc);

	json_decref(doc);
	return view;
}

/* Goes on with the body; first, if it names a credential that is not known,
 * waits for what another console may just have made. */
static void with_credential(struct call *call, void (*go)(struct call *call))
{
	const json_t *auth = json_object_get(call->body, "auth");
	const char *id = text_field(auth, "credential");
	char project[PROJECT_ID_MAX + 1];
	struct draft_env env;

	must(slice_cstr(project, sizeof(project), call->params[0]));
	env = draft_env_of(call, project);
	if (!id || env.has_credential(env.arg, project, id))
		go(call);
	else
		call_catch_up(call, go);
}

static void answer_doc(struct call *call)
{
	struct webhook_change *w = call->state;
	json_t *view = view_of(call, w->draft.doc);

	draft_show_generated(view, &w->draft);
	call_json(call, w->status, view);
}

static void on_written(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	uint64_t version;

	if (write_done(call, e, reply, &version))
		call_wait_version(call, version, answer_doc);
}

static void write_webhook(struct call *call, const json_t *old,
			  struct slice old_text)
{
	struct webhook_change *w = call->state;
	const json_t *doc = w->draft.doc;
	struct change change = {
	    .kind = CONFIG_WEBHOOK,
	    .id = text_field(doc, "id"),
	    .old = old_text,
	    .old_name = old ? text_field(old, "name") : NULL,
	    .name = text_field(doc, "name"),
	    .project = text_field(doc, "project"),
	    .clear_disabled = w->draft.clear_disabled,
	};

	w->text = json_dumps(doc, JSON_COMPACT | JSON_REAL_PRECISION(15));
	must(w->text);
	change.fresh = slice_of(w->text);
	write_change(call, &change, on_written);
}

static void create(struct call *call)
{
	struct ulid id = ulid_new(wall_ms());
	char id_text[ID_TEXT_SIZE], project[PROJECT_ID_MAX + 1];
	struct fault fault = {0};
	struct webhook_change *w;
	struct draft_env env;

	must(slice_cstr(project, sizeof(project), call->params[0]));
	w = call_state(call, sizeof(*w), change_free);
	w->status = 201;
	env = draft_env_of(call, project);
	ulid_format(id_text, "wh", &id);
	if (draft_new(&env, id_text, call->body, &w->draft, &fault))
		write_webhook(call, NULL, slice_of(NULL));
	else
		call_fault(call, &fault);
}

void webhook_create(struct call *call)
{
	if (call_read_object(call))
		with_credential(call, create);
}

void webhook_list(struct call *call)
{
	static const char *const allowed[] = {"limit", "cursor", NULL};

	if (call_check_query(call, allowed))
		list_project(call, CONFIG_WEBHOOK, list_view);
}

/* --- one that is there ------------------------------------------------- */

static void on_get(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *doc = own_document(call, e, reply);

	if (doc)
		call_json(call, 200, list_view(call, doc));
}

void webhook_get(struct call *call)
{
	read_own(call, CONFIG_WEBHOOK, on_get);
}

/* Makes a new draft of old and the call's body; false with a fault. */
typedef bool redraft_fn(const struct draft_env *env, const json_t *old,
			const json_t *body, struct draft *draft,
			struct fault *fault);

/* conflict: the fault's code for which the answer is 409. */
static void redraft(struct call *call, enum err e, const struct reply *reply,
		    redraft_fn *fn, const char *conflict)
{
	json_t *old = own_document(call, e, reply);
	struct fault fault = {0};
	struct webhook_change *w;
	struct draft_env env;

	if (!old)
		return;
	w = call_state(call, sizeof(*w), change_free);
	w->status = 200;
	env = draft_env_of(call, text_field(old, "project"));
	if (fn(&env, old, call->body, &w->draft, &fault))
		write_webhook(call, old, reply_bytes(reply));
	else
		call_fault_or(call, &fault, conflict);
	json_decref(old);
}

static void on_old(void *arg, enum err e, const struct reply *reply)
{
	redraft(arg, e, reply, draft_patch, "conflict");
}

static void read_old(struct call *call)
{
	read_own(call, CONFIG_WEBHOOK, on_old);
}

void webhook_change(struct call *call)
{
	if (call_read_object(call))
		with_credential(call, read_old);
}

/* --- its secrets ------------------------------------------------------- */

static bool rotate(const struct draft_env *env, const json_t *old,
		   const json_t *body, struct draft *draft, struct fault *fault)
{
	return draft_rotate(env, old, json_object_get(body, "algorithm"), draft,
			    fault);
}

static void on_rotate(void *arg, enum err e, const struct reply *reply)
{
	redraft(arg, e, reply, rotate, "too_many_secrets");
}

void webhook_rotate(struct call *call)
{
	static const char *const allowed[] = {"algorithm", NULL};

	if (call_read_body(call, allowed, true))
		read_own(call, CONFIG_WEBHOOK, on_rotate);
}

/* --- removing it ------------------------------------------------------- */

static void answer_gone(struct call *call)
{
	call_empty(call, 204);
}

static void on_gone(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	uint64_t version;

	if (!write_done(call, e, reply, &version))
		return;
	purge_wake(call->console->purge);
	call_wait_version(call, version, answer_gone);
}

static void on_noted(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	const struct webhook_change *w = call->state;
	const json_t *doc = w->draft.doc;
	const struct change change = {
	    .kind = CONFIG_WEBHOOK,
	    .id = text_field(doc, "id"),
	    .old = slice_of(w->text),
	    .old_name = text_field(doc, "name"),
	    .project = text_field(doc, "project"),
	    .clear_disabled = true,
	};

	(void)reply;
	if (call_redis_ok(call, e))
		write_change(call, &change, on_gone);
}

static void on_delete(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *doc = own_document(call, e, reply);
	struct webhook_change *w;
	char id[ID_TEXT_SIZE], *ids[1] = {id};

	if (!doc)
		return;
	w = call_state(call, sizeof(*w), change_free);
	w->draft.doc = doc;
	w->text = slice_dup(reply_bytes(reply));
	must(slice_cstr(id, sizeof(id), call->params[1]));
	purge_note(call, ids, 1, on_noted);
}

void webhook_delete(struct call *call)
{
	read_own(call, CONFIG_WEBHOOK, on_delete);
}
