/*
 * credentials - /v1/projects/{p}/credentials.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads what the tokens processes know of one, and writes nothing of it: when a
 * credential has gone, they remove it.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "console.h"
#include "credential_draft.h"
#include "credential_state.h"
#include "draft_env.h"
#include "draft_fields.h"
#include "store/keys.h"
#include "view.h"
#include "write.h"

struct credential_change {
	json_t *doc; /* owned */
	char *text;  /* owned; the doc as text */
	unsigned status;
};

static void change_free(void *state)
{
	struct credential_change *c = state;

	json_decref(c->doc);
	free(c->text);
}

static json_t *view_of(struct call *call, const json_t *doc)
{
	struct draft_env env = draft_env_of(call, NULL);

	return credential_view(&env, doc);
}

static json_t *list_view(struct call *call, json_t *doc)
{
	json_t *view = view_of(call, doc);

	json_decref(doc);
	return view;
}

void credential_list(struct call *call)
{
	static const char *const allowed[] = {"limit", "cursor", NULL};

	if (call_check_query(call, allowed))
		list_project(call, CONFIG_CREDENTIAL, list_view);
}

/* --- making and changing ------------------------------------------------ */

static void answer_doc(struct call *call)
{
	const struct credential_change *c = call->state;

	call_json(call, c->status, view_of(call, c->doc));
}

static void on_written(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	uint64_t version;

	if (write_done(call, e, reply, &version))
		call_wait_version(call, version, answer_doc);
}

/* doc: NULL with a fault; its reference is taken. old: what it was, NULL for
 * nothing, with its text. */
static void write_credential(struct call *call, json_t *doc, const json_t *old,
			     struct slice old_text)
{
	struct credential_change *c = call_state(call, sizeof(*c), change_free);
	struct change change = {
	    .kind = CONFIG_CREDENTIAL,
	    .id = text_field(doc, "id"),
	    .old = old_text,
	    .old_name = text_field(old, "name"),
	    .name = text_field(doc, "name"),
	    .project = text_field(doc, "project"),
	};

	c->doc = doc;
	c->status = old ? 200 : 201;
	c->text = json_dumps(doc, JSON_COMPACT);
	must(c->text);
	change.fresh = slice_of(c->text);
	write_change(call, &change, on_written);
}

void credential_create(struct call *call)
{
	struct ulid id = ulid_new(wall_ms());
	char id_text[ID_TEXT_SIZE], project[PROJECT_ID_MAX + 1];
	struct fault fault = {0};
	struct draft_env env;
	json_t *doc;

	if (!call_read_object(call))
		return;
	must(slice_cstr(project, sizeof(project), call->params[0]));
	env = draft_env_of(call, project);
	doc = credential_new(&env, ulid_format(id_text, "cred", &id),
			     call->body, &fault);
	if (doc)
		write_credential(call, doc, NULL, slice_of(NULL));
	else
		call_fault(call, &fault);
}

static void on_old(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *old = own_document(call, e, reply), *doc;
	struct fault fault = {0};
	struct draft_env env;

	if (!old)
		return;
	env = draft_env_of(call, text_field(old, "project"));
	doc = credential_patch(&env, old, call->body, &fault);
	if (doc)
		write_credential(call, doc, old, reply_bytes(reply));
	else
		call_fault_or(call, &fault, "conflict");
	json_decref(old);
}

void credential_change(struct call *call)
{
	if (call_read_object(call))
		read_own(call, CONFIG_CREDENTIAL, on_old);
}

/* --- showing ------------------------------------------------------------ */

static void on_grant(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	const struct credential_change *c = call->state;
	struct msg_grant grant;
	json_t *view;

	if (!call_redis_ok(call, e))
		return;
	view = view_of(call, c->doc);
	credential_state(
	    view, frame_grant(reply_bytes(reply), &grant) ? &grant : NULL,
	    wall_ms());
	call_json(call, 200, view);
}

static void on_get(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *doc = own_document(call, e, reply);
	struct credential_change *c;
	struct ulid id;

	if (!doc)
		return;
	c = call_state(call, sizeof(*c), change_free);
	c->doc = doc;
	if (ulid_parse(call->params[1], "cred", &id) == ERR_OK)
		call_sent(call,
			  redis_commandf(call->console->redis, on_grant, call,
					 "HGET %s %b", KEY_TOK_GRANT, id.b,
					 sizeof(id.b)));
	else
		call_not_found(call);
}

void credential_get(struct call *call)
{
	read_own(call, CONFIG_CREDENTIAL, on_get);
}

/* --- removing ----------------------------------------------------------- */

static void answer_gone(struct call *call)
{
	call_empty(call, 204);
}

static void on_gone(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	uint64_t version;

	if (write_done(call, e, reply, &version))
		call_wait_version(call, version, answer_gone);
}

static void on_delete(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *doc = own_document(call, e, reply);
	const struct change change = {
	    .kind = CONFIG_CREDENTIAL,
	    .id = text_field(doc, "id"),
	    .old = reply_bytes(reply),
	    .old_name = text_field(doc, "name"),
	    .project = text_field(doc, "project"),
	};

	if (doc)
		write_change(call, &change, on_gone);
	json_decref(doc);
}

void credential_delete(struct call *call)
{
	read_own(call, CONFIG_CREDENTIAL, on_delete);
}
