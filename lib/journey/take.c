/*
 * take - what a tile keeps of an answer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "jsonpath/capture.h"
#include "journey/parts.h"
#include "journey/renderer.h"
#include "template/helper.h"

bool plan_captures(struct journey_plan *plan, const struct webhook *w,
		   struct journey_fault *fault)
{
	const struct journey *j = w->journey;
	struct capture_fault where;

	if (j->capture && j->method == METHOD_GET) {
		plan->profile =
		    capture_compile(j->capture, CAPTURE_PROFILE, &where);
		if (!plan->profile) {
			fault_set(fault, where.text,
				  "capture.profileFields%s%s",
				  *where.field ? "." : "", where.field);
			return false;
		}
	}
	plan->keeps_live = j->retrieval_name;
	if (!j->retrieval_name || !j->retrieval_fields)
		return true;
	plan->live =
	    capture_compile(j->retrieval_fields, CAPTURE_FIELDS, &where);
	if (!plan->live)
		fault_set(fault, where.text, "dataRetrieval.fields%s%s",
			  *where.field ? "." : "", where.field);
	return plan->live;
}

bool journey_keeps(const struct journey_plan *plan, enum journey_tile tile)
{
	return tile == JOURNEY_TILE_PROFILE	? plan->profile != NULL
	       : tile == JOURNEY_TILE_LIVE_DATA ? plan->keeps_live
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

static bool take(const struct capture *c, struct journey_renderer *r,
		 const struct value *answer, struct buf *values, char *text,
		 size_t size)
{
	if (c)
		return capture_take(c, answer, &r->arena, values, text, size);
	buf_append_slice(values, value_json(answer, &r->arena));
	return true;
}

bool journey_take(const struct journey_plan *plan, struct journey_renderer *r,
		  enum journey_tile tile, struct slice answer, bool truncated,
		  struct buf *values, char *error, size_t error_size)
{
	bool live = tile == JOURNEY_TILE_LIVE_DATA;
	const struct value *v = NULL;
	const char *fault = read_answer(r, answer, truncated, &v);
	char text[256] = "";

	arena_reset(&r->arena);
	if (!fault && !take(live ? plan->live : plan->profile, r, v, values,
			    text, sizeof(text)))
		fault = text;
	if (!fault && buf_full(values))
		fault = "what is kept of the answer is too long";
	if (fault)
		(void)snprintf(error, error_size, "%s: %s",
			       live ? "dataRetrieval" : "capture", fault);
	return !fault;
}
