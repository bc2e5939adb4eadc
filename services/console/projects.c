/*
 * projects - /v1/projects.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "check.h"
#include "console.h"
#include "own_types.h"
#include "proto/message.h"
#include "purge.h"
#include "store/keys.h"
#include "sweep.h"
#include "write.h"

#define DROPPED_MAX 20000

struct project_change {
	json_t *doc; /* owned */
	char *fresh; /* owned; the doc as text */
	unsigned status;
};

static void change_free(void *state)
{
	struct project_change *p = state;

	json_decref(p->doc);
	free(p->fresh);
}

static void answer_doc(struct call *call)
{
	struct project_change *p = call->state;

	call_json(call, p->status, json_incref(p->doc));
}

static void on_written(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	uint64_t version;

	if (write_done(call, e, reply, &version))
		call_wait_version(call, version, answer_doc);
}

static void write_project(struct call *call, json_t *doc, struct slice old,
			  unsigned status)
{
	struct project_change *p = call_state(call, sizeof(*p), change_free);
	struct change change = {.kind = CONFIG_PROJECT, .old = old};

	p->doc = doc;
	p->status = status;
	p->fresh = json_dumps(doc, JSON_COMPACT);
	change.id = json_string_value(json_object_get(doc, "id"));
	change.fresh = slice_of(p->fresh);
	write_change(call, &change, on_written);
}

void project_create(struct call *call)
{
	static const char *const allowed[] = {"id", "name", NULL};
	struct fault fault = {0};
	struct slice id;
	json_t *name, *doc;

	if (!call_read_body(call, allowed, false))
		return;
	id = slice_of(json_string_value(json_object_get(call->body, "id")));
	if (!is_project_id(id)) {
		call_problem(call, 400, "invalid", "id",
			     "1 to 64 of a-z, 0-9, _ and -, the first not _ "
			     "or -");
		return;
	}
	name = json_object_get(call->body, "name");
	if (!name)
		name = json_object_get(call->body, "id");
	if (!check_name(name, &fault)) {
		call_fault(call, &fault);
		return;
	}
	doc = json_object();
	json_object_set(doc, "id", json_object_get(call->body, "id"));
	json_object_set(doc, "name", name);
	json_object_set_new(doc, "createdAt", json_time(wall_ms()));
	json_object_set(doc, "updatedAt", json_object_get(doc, "createdAt"));
	if (config_project(call->console->config, id)) {
		json_decref(doc);
		call_problem(call, 409, "exists", "id",
			     "there is a project of this id");
		return;
	}
	write_project(call, doc, slice_of(NULL), 201);
}

static json_t *as_it_is(struct call *call, json_t *doc)
{
	(void)call;
	return doc;
}

void project_list(struct call *call)
{
	static const char *const allowed[] = {"limit", "cursor", NULL};
	const struct project *p;
	const char **ids;
	size_t pos = 0, n = 0;

	if (!call_check_query(call, allowed))
		return;
	while (config_next_project(call->console->config, &pos))
		n++;
	ids = xcalloc(n + 1, sizeof(ids[0]));
	n = pos = 0;
	while ((p = config_next_project(call->console->config, &pos)))
		ids[n++] = p->id;
	list_documents(call, CONFIG_PROJECT, ids, n, as_it_is);
	free(ids);
}

static void on_get(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *doc = document_of(call, e, reply);

	if (doc)
		call_json(call, 200, doc);
}

static void read_project(struct call *call, redis_reply_fn *fn)
{
	char id[PROJECT_ID_MAX + 1];

	if (slice_cstr(id, sizeof(id), call->params[0]))
		read_document(call, CONFIG_PROJECT, id, fn);
	else
		call_not_found(call);
}

void project_get(struct call *call)
{
	read_project(call, on_get);
}

static void on_old(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *doc = document_of(call, e, reply);
	json_t *name;

	if (!doc)
		return;
	name = json_object_get(call->body, "name");
	if (name)
		json_object_set(doc, "name", name);
	json_object_set_new(doc, "updatedAt", json_time(wall_ms()));
	write_project(call, doc, reply_bytes(reply), 200);
}

void project_change(struct call *call)
{
	static const char *const allowed[] = {"name", NULL};
	struct fault fault = {0};
	json_t *name;

	if (!call_read_body(call, allowed, false))
		return;
	name = json_object_get(call->body, "name");
	if (name && !check_name(name, &fault))
		call_fault(call, &fault);
	else
		read_project(call, on_old);
}

/* --- removing ---------------------------------------------------------- */

struct removal {
	char **ids; /* owned: of the webhooks, the credentials, the keys */
	size_t webhooks, credentials, n;
	uint64_t version;
};

static void removal_free(void *state)
{
	struct removal *r = state;

	for (size_t i = 0; i < r->n; i++)
		free(r->ids[i]);
	free(r->ids);
}

static void answer_gone(struct call *call)
{
	call_empty(call, 204);
}

/* The project is gone; what could not be removed has a time to live. */
static void on_names_gone(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	const struct removal *r = call->state;

	(void)e;
	(void)reply;
	call_wait_version(call, r->version, answer_gone);
}

static void on_dropped(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct removal *r = call->state;

	if (!call_redis_ok(call, e))
		return;
	if (reply_int(reply) == 0) {
		call_not_found(call);
		return;
	}
	purge_wake(call->console->purge);
	sweep_project(call->console, call->params[0]);
	r->version = (uint64_t)reply_int(reply);
	call_sent(call, own_types_remove(call, on_names_gone));
}

static void on_noted(void *arg, enum err e, const struct reply *reply)
{
	const struct slice keys[] = {
	    SLICE_LIT(KEY_CFG_PROJECT),	   SLICE_LIT(KEY_CFG_WEBHOOK),
	    SLICE_LIT(KEY_CFG_CREDENTIAL), SLICE_LIT(KEY_CFG_KEY),
	    SLICE_LIT(KEY_CFG_NAME),	   SLICE_LIT(KEY_CFG_DISABLED),
	    SLICE_LIT(KEY_CFG_VERSION)};
	struct call *call = arg;
	const struct removal *r = call->state;
	char webhooks[24], credentials[24];
	struct slice *argv;

	(void)reply;
	if (!call_redis_ok(call, e))
		return;
	snprintf(webhooks, sizeof(webhooks), "%zu", r->webhooks);
	snprintf(credentials, sizeof(credentials), "%zu", r->credentials);
	argv = xcalloc(r->n + 5, sizeof(*argv));
	argv[0] = SLICE_LIT(CHANNEL_CFG);
	argv[1] = call->params[0];
	argv[2] = SLICE_LIT(CREDENTIAL_NAMES);
	argv[3] = slice_of(webhooks);
	argv[4] = slice_of(credentials);
	for (size_t i = 0; i < r->n; i++)
		argv[5 + i] = slice_of(r->ids[i]);
	call_sent(call,
		  redis_script(call->console->redis, SCRIPT_CONFIG_DROP, keys,
			       7, argv, 5 + r->n, on_dropped, call));
	free(argv);
}

/* How many of this kind there were. The ids are copied. */
static size_t gather(const struct call *call, struct removal *r,
		     enum config_kind kind)
{
	const char *prefix = kind == CONFIG_WEBHOOK ? "wh" : "cred";
	char text[ID_TEXT_SIZE];
	size_t have, before = r->n;
	struct ulid *ids = project_ids(call, kind, &have);

	for (size_t i = 0; i < have && r->n < DROPPED_MAX; i++)
		r->ids[r->n++] = xstrdup(ulid_format(text, prefix, &ids[i]));
	free(ids);
	return r->n - before;
}

static void gather_keys(const struct call *call, struct removal *r)
{
	const struct config *config = call->console->config;
	const struct api_key *k;
	size_t pos = 0;

	while (r->n < DROPPED_MAX && (k = config_next_key(config, &pos)))
		if (k->project && slice_eq_str(call->params[0], k->project))
			r->ids[r->n++] = xstrdup(k->id);
}

void project_delete(struct call *call)
{
	struct removal *r = call_state(call, sizeof(*r), removal_free);

	r->ids = xcalloc(DROPPED_MAX, sizeof(*r->ids));
	r->webhooks = gather(call, r, CONFIG_WEBHOOK);
	r->credentials = gather(call, r, CONFIG_CREDENTIAL);
	gather_keys(call, r);
	purge_note(call, r->ids, r->webhooks, on_noted);
}
