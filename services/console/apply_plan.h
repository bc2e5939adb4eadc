/*
 * apply_plan - what makes a project's webhooks be as a file says.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks are told apart by their names. Everything is checked and drafted
 * before anything is written. Pure: knows neither Redis nor HTTP.
 */
#ifndef CONSOLE_APPLY_PLAN_H
#define CONSOLE_APPLY_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/ulid.h"
#include "draft.h"

#define PLAN_ACTIONS(A)    \
	A(unchanged, SAME) \
	A(create, CREATE)  \
	A(update, UPDATE)  \
	A(delete, DELETE)  \
	A(left, LEFT)

enum plan_action {
#define A(text, name) PLAN_##name,
	PLAN_ACTIONS(A)
#undef A
};

struct plan_item {
	enum plan_action action; /* LEFT: not in the file, and it stays */
	const char *name;	 /* borrowed: of one of the documents */
	char id[ID_TEXT_SIZE];
	size_t place;	    /* in the file; LEFT and DELETE: behind it */
	json_t *old;	    /* owned; NULL: a new one */
	char *old_text;	    /* owned; as it is kept */
	struct draft draft; /* doc: owned; NULL where nothing is written */
	char *text;	    /* owned; of the draft */
};

struct plan;

/* How many the project has and the file has, at most. */
struct plan *plan_new(size_t have_max, size_t want_max);
void plan_free(struct plan **p);
/* A webhook that the project has: its document, whose reference is taken, and
 * the text of it. Before the first plan_want. */
void plan_have(struct plan *p, json_t *doc, struct slice text);
/* Number i of the file. False with a fault that names it. */
bool plan_want(struct plan *p, const struct draft_env *env, size_t i,
	       const json_t *webhook, struct fault *fault);
/* After the last plan_want: puts them in the order of the file, and what is not
 * in it at the end. prune: that goes. */
void plan_finish(struct plan *p, bool prune);

size_t plan_count(const struct plan *p);
struct plan_item *plan_at(struct plan *p, size_t i);
/* How many of them are to be written. */
size_t plan_changes(const struct plan *p);
/* {"name", "action", "changes": [{"field", "from", "to"}]}; of those that are
 * left alone none. New. */
json_t *plan_view(const struct plan *p);

#endif
