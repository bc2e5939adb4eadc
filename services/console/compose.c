/*
 * compose - the request that a call of a journey makes of a webhook's document.
 * SPDX-License-Identifier: Apache-2.0
 *
 * With what a sender does it with, so that nothing is taken that no sender can
 * send, and what is shown is what is sent.
 */
#include "compose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "check_journey.h"
#include "journey/journey_plan.h"
#include "store/webhook.h"

#define BROKEN "invalid_template" /* what no call can be made of */
#define FAILED "render_failed"	  /* this one cannot */

/* The document as a sender reads it; NULL with a fault. */
static struct webhook *read_document(const struct draft_env *env,
				     const json_t *doc, struct fault *fault)
{
	char *text = json_dumps(doc, JSON_COMPACT | JSON_REAL_PRECISION(15));
	const struct webhook_source source = {
	    .document = slice_of(text),
	    .with_request = true,
	    .master_key = env->master_key,
	};
	struct webhook *w = NULL;
	const char *field = "";

	must(text);
	if (webhook_parse(&source, &w, &field) != ERR_OK)
		fault_invalid(fault, field, "it cannot be read");
	free(text);
	return w;
}

static void set_fault(struct fault *fault, const char *code,
		      const struct journey_fault *f)
{
	fault_set(fault, code, f->field, "%s", f->text);
}

static struct journey_plan *plan_of(const struct draft_env *env,
				    const json_t *doc, struct webhook **w,
				    struct fault *fault)
{
	struct journey_fault inner = {0};
	struct journey_plan *plan;

	*w = read_document(env, doc, fault);
	if (!*w)
		return NULL;
	plan = journey_plan_new(*w, &inner);
	if (plan)
		return plan;
	set_fault(fault, BROKEN, &inner);
	webhook_unref(w);
	return NULL;
}

bool compose_check(const struct draft_env *env, const json_t *doc,
		   struct fault *fault)
{
	struct journey_plan *plan;
	struct webhook *w;

	if (!is_journey(doc))
		return true;
	plan = plan_of(env, doc, &w, fault);
	if (!plan)
		return false;
	journey_plan_free(&plan);
	webhook_unref(&w);
	return true;
}

/* --- preview -------------------------------------------------------------- */

static bool has_header(const struct journey_request *request, const char *name)
{
	for (size_t i = 0; i < request->n_headers; i++)
		if (slice_eq_nocase(slice_of(request->headers[i].name),
				    slice_of(name)))
			return true;
	return false;
}

static json_t *headers_view(const struct webhook *w,
			    const struct journey_request *request)
{
	json_t *view = json_object();

	if (request->has_body && !has_header(request, "Content-Type"))
		json_object_set_new(view, "Content-Type",
				    json_text(slice_of(w->content_type)));
	if (w->auth != AUTH_NONE)
		json_object_set_new(view, "Authorization",
				    json_string(SECRET_MASK));
	for (size_t i = 0; i < request->n_headers; i++)
		json_object_set_new(view, request->headers[i].name,
				    json_string(SECRET_MASK));
	return view;
}

static json_t *request_view(const struct webhook *w,
			    const struct journey_request *request)
{
	json_t *view = json_object();

	json_object_set_new(view, "method",
			    json_string(http_method_name(request->method)));
	json_object_set_new(view, "url", json_text(slice_of(request->url)));
	json_object_set_new(view, "headers", headers_view(w, request));
	json_object_set_new(view, "body",
			    request->has_body ? json_text(request->body)
					      : json_null());
	return view;
}

static json_t *render(const struct webhook *w, const struct journey_plan *plan,
		      const struct journey_input *in, struct fault *fault)
{
	struct journey_renderer *renderer = journey_renderer_new();
	struct journey_fault inner = {0};
	struct journey_request request;
	json_t *view = NULL;

	if (journey_render(renderer, plan, in, &request, &inner))
		view = request_view(w, &request);
	else
		set_fault(fault, FAILED, &inner);
	journey_renderer_free(&renderer);
	return view;
}

json_t *compose_preview(const struct draft_env *env, const json_t *doc,
			const struct sample *sample, struct fault *fault)
{
	const struct journey_input in = {
	    .body = slice_of(sample->body),
	    .params = slice_of(sample->params),
	    .stored = slice_of(sample->stored),
	    .wall_ms = env->now_ms,
	};
	struct journey_plan *plan;
	struct webhook *w;
	json_t *view;

	plan = plan_of(env, doc, &w, fault);
	if (!plan)
		return NULL;
	view = render(w, plan, &in, fault);
	journey_plan_free(&plan);
	webhook_unref(&w);
	return view;
}
