/*
 * take - what a tile keeps of an answer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "filter/value_print.h"
#include "jsonpath/capture.h"
#include "journey/parts.h"
#include "journey/renderer.h"

bool plan_captures(struct journey_plan *plan, const struct webhook *w,
		   struct journey_fault *fault)
{
	const struct journey *j = w->journey;
	struct capture_fault where;

	if (j->capture && j->method == METHOD_GET) {
		plan->profile =
		    capture_compile(j->capture, CAPTURE_PROFILE, &where);
		if (!plan->profile) {
			journey_fault_set(fault, where.text,
					  "capture.profileFields%s%s",
					  *where.field ? "." : "", where.field);
			return false;
		}
	}
	if (j->retrieval_name)
		plan->live_name = xstrdup(j->retrieval_name);
	if (!j->retrieval_name || !j->retrieval_fields)
		return true;
	plan->live =
	    capture_compile(j->retrieval_fields, CAPTURE_FIELDS, &where);
	if (!plan->live)
		journey_fault_set(fault, where.text, "dataRetrieval.fields%s%s",
				  *where.field ? "." : "", where.field);
	return plan->live;
}

bool journey_keeps(const struct journey_plan *plan, enum tile tile)
{
	return tile == TILE_userProfile ? plan->profile != NULL
	       : tile == TILE_liveData	? plan->live_name != NULL
					: false;
}

/* NULL, or what is wrong with the answer as a whole. */
static const char *read_answer(struct journey_renderer *r, struct slice answer,
			       bool truncated, const struct value **out)
{
	if (truncated)
		return "the answer is too long";
	*out = document_read_any(r->answer, answer);
	return *out ? NULL : "the answer is no JSON";
}

/* {"name": value}, so that who stores it needs not know the webhook. */
static bool take_live(const struct journey_plan *plan,
		      struct journey_renderer *r, const struct value *answer,
		      struct buf *values, char *text, size_t size)
{
	buf_append_char(values, '{');
	json_quote(values, slice_of(plan->live_name));
	buf_append_char(values, ':');
	if (plan->live &&
	    !capture_take(plan->live, answer, &r->arena, values, text, size))
		return false;
	if (!plan->live)
		value_print(answer, values);
	buf_append_char(values, '}');
	return true;
}

static bool take(const struct journey_plan *plan, bool live,
		 struct journey_renderer *r, const struct value *answer,
		 struct buf *values, char *text, size_t size)
{
	if (live)
		return take_live(plan, r, answer, values, text, size);
	return capture_take(plan->profile, answer, &r->arena, values, text,
			    size);
}

bool journey_take(const struct journey_plan *plan, struct journey_renderer *r,
		  enum tile tile, struct slice answer, bool truncated,
		  struct buf *values, char *error, size_t error_size)
{
	bool live = tile == TILE_liveData;
	const struct value *v = NULL;
	const char *fault = read_answer(r, answer, truncated, &v);
	char text[256] = "";

	arena_reset(&r->arena);
	if (!fault && !take(plan, live, r, v, values, text, sizeof(text)))
		fault = text;
	if (!fault && buf_full(values))
		fault = "what is kept of the answer is too long";
	if (fault)
		(void)snprintf(error, error_size, "%s: %s",
			       live ? "dataRetrieval" : "capture", fault);
	return !fault;
}
