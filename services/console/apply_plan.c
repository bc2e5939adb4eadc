/*
 * apply_plan - what makes a project's webhooks be as a file says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "apply_plan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/ulid.h"
#include "check.h"
#include "diff.h"
#include "draft_fields.h"
#include "draft_signing.h"
#include "restate.h"

struct plan {
	struct plan_item *items; /* owned; not moved while there is a table */
	size_t n, size;
	struct table *names; /* → item, borrowed; until plan_finish */
	size_t have_max;
};

static const char *const action_names[] = {
#define A(text, name) #text,
    PLAN_ACTIONS(A)
#undef A
};

struct plan *plan_new(size_t have_max, size_t want_max)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	p->have_max = have_max;
	p->size = have_max + want_max;
	p->items = xcalloc(p->size + 1, sizeof(p->items[0]));
	p->names = table_new(p->size + 1);
	return p;
}

void plan_free(struct plan **plan)
{
	struct plan *p = *plan;

	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		struct plan_item *item = &p->items[i];

		json_decref(item->old);
		json_decref(item->draft.doc);
		explicit_bzero(&item->draft, sizeof(item->draft));
		free(item->old_text);
		free(item->text);
	}
	table_free(&p->names);
	free(p->items);
	free(p);
	*plan = NULL;
}

static struct plan_item *item_new(struct plan *p, enum plan_action action,
				  const json_t *doc)
{
	struct plan_item *item = &p->items[p->n];

	must(p->n < p->size);
	p->n++;
	item->action = action;
	item->place = SIZE_MAX;
	item->name = text_field(doc, "name");
	must(table_put(p->names, slice_of(item->name), item) == ERR_OK);
	return item;
}

void plan_have(struct plan *p, json_t *doc, struct slice text)
{
	struct plan_item *item;

	if (!text_field(doc, "name") || p->n == p->have_max ||
	    !slice_cstr(p->items[p->n].id, ID_TEXT_SIZE,
			slice_of(text_field(doc, "id")))) {
		json_decref(doc);
		return;
	}
	item = item_new(p, PLAN_LEFT, doc);
	item->old = doc;
	item->old_text = slice_dup(text);
}

/* --- one of the file --------------------------------------------------- */

/* "webhooks[3].url", and whose it is. */
static bool refuse(size_t i, const char *name, struct fault *f)
{
	struct fault inner = *f;

	snprintf(f->field, sizeof(f->field), "webhooks[%zu]%s%.120s", i,
		 inner.field[0] ? "." : "", inner.field);
	if (name)
		snprintf(f->detail, sizeof(f->detail), "webhook %.60s: %.150s",
			 name, inner.detail);
	return false;
}

static bool draft_item(const struct draft_env *env, struct plan_item *item,
		       json_t *body, struct fault *fault)
{
	struct ulid id;

	if (!restate_secrets(env, item->old, body, fault))
		return false;
	if (item->old)
		return draft_replace(env, item->old, body, &item->draft, fault);
	id = ulid_new(env->now_ms);
	ulid_format(item->id, "wh", &id);
	return draft_new(env, item->id, body, &item->draft, fault);
}

/* A secret whose time is over is dropped with the next change, and is none by
 * itself. */
static bool is_unchanged(const struct plan_item *item, uint64_t now_ms)
{
	json_t *was = json_deep_copy(item->old);
	bool same;

	signing_drop_ended(json_object_get(was, "signing"), now_ms);
	same = was && diff_same(was, item->draft.doc);
	json_decref(was);
	return same;
}

/* Nothing is written that is as it was, so that no version changes. */
static void settle_item(struct plan_item *item, uint64_t now_ms)
{
	if (is_unchanged(item, now_ms)) {
		item->action = PLAN_SAME;
		json_decref(item->draft.doc);
		explicit_bzero(&item->draft, sizeof(item->draft));
		return;
	}
	item->action = item->old ? PLAN_UPDATE : PLAN_CREATE;
	item->name = text_field(item->draft.doc, "name");
	/* What a receiver has switched off stays off, whatever else changes. */
	if (json_is_true(json_object_get(item->old, "enabled")))
		item->draft.clear_disabled = false;
	item->text =
	    json_dumps(item->draft.doc, JSON_COMPACT | JSON_REAL_PRECISION(15));
	must(item->text);
}

bool plan_want(struct plan *p, const struct draft_env *env, size_t i,
	       const json_t *webhook, struct fault *fault)
{
	json_t *name = json_object_get(webhook, "name"), *body;
	struct plan_item *item;
	bool ok;

	if (!json_is_object(webhook)) {
		fault_set(fault, "invalid", "", "it is not an object");
		return refuse(i, NULL, fault);
	}
	if (!check_name(name, fault))
		return refuse(i, NULL, fault);
	item = table_find(p->names, slice_of(json_string_value(name)));
	if (item && item->action != PLAN_LEFT) {
		fault_set(fault, "invalid", "name",
			  "the file has two of this name");
		return refuse(i, json_string_value(name), fault);
	}
	if (!item)
		item = item_new(p, PLAN_CREATE, webhook);
	item->place = i;
	body = json_deep_copy(webhook);
	ok = draft_item(env, item, body, fault);
	json_decref(body);
	if (!ok)
		return refuse(i, json_string_value(name), fault);
	settle_item(item, env->now_ms);
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct plan_item *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return strcmp(x->name, y->name);
}

void plan_finish(struct plan *p, bool prune)
{
	for (size_t i = 0; i < p->n; i++)
		if (prune && p->items[i].action == PLAN_LEFT)
			p->items[i].action = PLAN_DELETE;
	/* The table knows places that are no longer theirs. */
	table_free(&p->names);
	qsort(p->items, p->n, sizeof(p->items[0]), by_place);
}

/* --- looking ----------------------------------------------------------- */

size_t plan_count(const struct plan *p)
{
	return p->n;
}

struct plan_item *plan_at(struct plan *p, size_t i)
{
	return &p->items[i];
}

size_t plan_changes(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->items[i].action != PLAN_SAME &&
		     p->items[i].action != PLAN_LEFT;
	return n;
}

static json_t *changes_of(const struct plan_item *item)
{
	json_t *old_view, *view, *changes;

	if (!item->draft.doc)
		return json_array();
	old_view = item->old ? draft_view(item->old, NULL) : NULL;
	view = draft_view(item->draft.doc, NULL);
	changes = diff_fields(item->old, item->draft.doc, old_view, view);
	json_decref(old_view);
	json_decref(view);
	return changes;
}

json_t *plan_view(const struct plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct plan_item *item = &p->items[i];
		json_t *v;

		if (item->action == PLAN_LEFT)
			continue;
		v = json_object();
		json_object_set_new(v, "name", json_string(item->name));
		json_object_set_new(v, "action",
				    json_string(action_names[item->action]));
		json_object_set_new(v, "changes", changes_of(item));
		json_array_append_new(list, v);
	}
	return list;
}
