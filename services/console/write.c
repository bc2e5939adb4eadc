/*
 * write - reads and changes documents of the configuration.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "write.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "check.h"
#include "console.h"
#include "proto/message.h"
#include "store/config_kind.h"
#include "store/credential.h"
#include "store/keys.h"

#define PAGE_MAX 200

static struct slice name_entry(const struct change *c, const char *name,
			       char *out, size_t size)
{
	if (!name)
		return SLICE_LIT("");
	/* No project's id has a colon. */
	snprintf(out, size, "%s%s/%s",
		 c->kind == CONFIG_CREDENTIAL ? CREDENTIAL_NAMES : "",
		 c->project, name);
	return slice_of(out);
}

enum err write_send(struct call *call, const struct change *c,
		    redis_reply_fn *fn)
{
	const struct config_kind_facts *kind = &config_kinds[c->kind];
	char old_name[256], name[256], max[16];
	const struct slice keys[] = {
	    slice_of(kind->key), SLICE_LIT(KEY_CFG_NAME),
	    SLICE_LIT(KEY_CFG_PROJECT), SLICE_LIT(KEY_CFG_DISABLED),
	    SLICE_LIT(KEY_CFG_VERSION)};
	/* A removal needs no project: it may be the last trace of one. */
	const struct slice argv[] = {
	    slice_of(kind->name),
	    slice_of(c->id),
	    c->old.p ? c->old : SLICE_LIT(""),
	    c->fresh.p ? c->fresh : SLICE_LIT(""),
	    name_entry(c, c->old_name, old_name, sizeof(old_name)),
	    name_entry(c, c->name, name, sizeof(name)),
	    c->project && c->fresh.n ? slice_of(c->project) : SLICE_LIT(""),
	    c->clear_disabled ? SLICE_LIT("1") : SLICE_LIT("0"),
	    slice_bytes(max,
			(size_t)snprintf(max, sizeof(max), "%u", kind->max)),
	    SLICE_LIT(CHANNEL_CFG),
	};

	return redis_script(call->console->redis, SCRIPT_CONFIG_PUT, keys, 5,
			    argv, 10, fn, call);
}

void write_change(struct call *call, const struct change *c, redis_reply_fn *fn)
{
	call_sent(call, write_send(call, c, fn));
}

bool write_done(struct call *call, enum err e, const struct reply *reply,
		uint64_t *version)
{
	struct slice text = reply_bytes(reply);

	if (!call_redis_ok(call, e))
		return false;
	if (reply_kind(reply) == REPLY_INT) {
		*version = (uint64_t)reply_int(reply);
		return true;
	}
	if (slice_eq_str(text, "name"))
		call_problem(call, 409, "exists", "name",
			     "the project has one of this name");
	else if (slice_eq_str(text, "full"))
		call_problem(call, 409, "limit", NULL,
			     "there are as many as there may be");
	else if (slice_eq_str(text, "project"))
		call_problem(call, 404, "not_found", NULL,
			     "there is no such project");
	else
		call_problem(call, 409, "conflict", NULL,
			     "it has been changed or made meanwhile");
	return false;
}

void read_document(struct call *call, enum config_kind kind, const char *id,
		   redis_reply_fn *fn)
{
	call_sent(call,
		  redis_commandf(call->console->redis, fn, call, "HGET %s %s",
				 config_kinds[kind].key, id));
}

json_t *parse_document(const struct reply *reply)
{
	struct slice text = reply_bytes(reply);

	return text.n ? json_loadb(text.p, text.n, 0, NULL) : NULL;
}

json_t *document_of(struct call *call, enum err e, const struct reply *reply)
{
	json_t *doc;

	if (!call_redis_ok(call, e))
		return NULL;
	doc = parse_document(reply);
	if (!doc)
		call_not_found(call);
	return doc;
}

void read_own(struct call *call, enum config_kind kind, redis_reply_fn *fn)
{
	char id[ID_TEXT_SIZE];

	if (slice_cstr(id, sizeof(id), call->params[1]))
		read_document(call, kind, id, fn);
	else
		call_not_found(call);
}

json_t *own_document(struct call *call, enum err e, const struct reply *reply)
{
	json_t *doc = document_of(call, e, reply);
	const char *project =
	    json_string_value(json_object_get(doc, "project"));

	if (!doc || (project && slice_eq_str(call->params[0], project)))
		return doc;
	json_decref(doc);
	call_not_found(call);
	return NULL;
}

/* --- those of a project ------------------------------------------------- */

static const struct ulid *next_webhook(const struct call *call, size_t *pos)
{
	const struct webhook *w;

	while ((w = config_next_webhook(call->console->config, pos)))
		if (slice_eq_str(call->params[0], w->project))
			return &w->id;
	return NULL;
}

static const struct ulid *next_credential(const struct call *call, size_t *pos)
{
	const struct credential *c;

	while ((c = config_next_credential(call->console->config, pos)))
		if (slice_eq_str(call->params[0], c->project))
			return &c->id;
	return NULL;
}

struct ulid *project_ids(const struct call *call, enum config_kind kind,
			 size_t *n)
{
	const struct ulid *(*next)(const struct call *, size_t *) =
	    kind == CONFIG_WEBHOOK ? next_webhook : next_credential;
	const struct ulid *id;
	struct ulid *ids;
	size_t pos = 0, have = 0;

	while (next(call, &pos))
		have++;
	ids = xcalloc(have + 1, sizeof(ids[0]));
	*n = pos = 0;
	while ((id = next(call, &pos)))
		ids[(*n)++] = *id;
	return ids;
}

void read_webhooks(struct call *call, redis_reply_fn *fn)
{
	size_t n;
	struct ulid *ids = project_ids(call, CONFIG_WEBHOOK, &n);
	struct slice *argv = xcalloc(n + 2, sizeof(argv[0]));
	char(*texts)[ID_TEXT_SIZE] = xcalloc(n + 1, sizeof(texts[0]));

	argv[0] = SLICE_LIT("HMGET");
	argv[1] = SLICE_LIT(KEY_CFG_WEBHOOK);
	for (size_t i = 0; i < n; i++)
		argv[2 + i] = slice_of(ulid_format(texts[i], "wh", &ids[i]));
	if (n == 0)
		fn(call, ERR_OK, NULL);
	else
		call_sent(call, redis_command(call->console->redis, argv, n + 2,
					      fn, call));
	free(argv);
	free(texts);
	free(ids);
}

/* --- lists ------------------------------------------------------------- */

struct page {
	view_fn *view;
	char next[ID_TEXT_SIZE + PROJECT_ID_MAX];
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_id(enum config_kind kind, struct slice text)
{
	struct ulid id;

	if (!config_kinds[kind].prefix)
		return is_project_id(text);
	return ulid_parse(text, config_kinds[kind].prefix, &id) == ERR_OK;
}

static void on_page(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct page *page = call->state;
	json_t *data, *doc;
	char next[sizeof(page->next)];

	if (!call_redis_ok(call, e))
		return;
	data = json_array();
	for (size_t i = 0; i < reply_count(reply); i++) {
		doc = parse_document(reply_part(reply, i));
		if (doc)
			json_array_append_new(data, page->view(call, doc));
	}
	slice_cstr(next, sizeof(next), slice_of(page->next));
	call_page(call, data, next);
}

void list_documents(struct call *call, enum config_kind kind, const char **ids,
		    size_t n, view_fn *view)
{
	const char *cursor = http_query(call->req, "cursor");
	struct slice argv[PAGE_MAX + 2];
	struct page *page;
	size_t limit, argc = 2;

	if (!call_limit(call, &limit))
		return;
	if (cursor && !is_id(kind, slice_of(cursor))) {
		call_problem(call, 400, "invalid", "cursor",
			     "it is not one of this list");
		return;
	}
	qsort(ids, n, sizeof(ids[0]), by_text);
	page = call_state(call, sizeof(*page), NULL);
	page->view = view;
	argv[0] = SLICE_LIT("HMGET");
	argv[1] = slice_of(config_kinds[kind].key);
	for (size_t i = 0; i < n; i++) {
		if (cursor && strcmp(ids[i], cursor) <= 0)
			continue;
		if (argc == limit + 2) {
			slice_cstr(page->next, sizeof(page->next),
				   argv[argc - 1]);
			break;
		}
		argv[argc++] = slice_of(ids[i]);
	}
	if (argc == 2)
		call_page(call, json_array(), NULL);
	else
		call_sent(call, redis_command(call->console->redis, argv, argc,
					      on_page, call));
}

void list_project(struct call *call, enum config_kind kind, view_fn *view)
{
	size_t n;
	struct ulid *ids = project_ids(call, kind, &n);
	const char **names = xcalloc(n + 1, sizeof(names[0]));
	char(*texts)[ID_TEXT_SIZE] = xcalloc(n + 1, sizeof(texts[0]));

	for (size_t i = 0; i < n; i++)
		names[i] =
		    ulid_format(texts[i], config_kinds[kind].prefix, &ids[i]);
	list_documents(call, kind, names, n, view);
	free(texts);
	free(names);
	free(ids);
}
