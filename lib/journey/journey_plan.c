/*
 * journey_plan - the templates and captures of a webhook, compiled.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journey/journey_plan.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "jsonpath/capture.h"
#include "journey/media.h"
#include "journey/parts.h"
#include "store/header_rule.h"

static struct template *compile(const char *source, enum template_mode mode,
				const char *field, struct journey_fault *fault)
{
	struct template_fault where;
	struct template *t = template_compile(slice_of(source), mode, &where);

	if (!t)
		fault_of_template(fault, &where, "%s", field);
	return t;
}

static bool add_url(struct journey_plan *plan, const struct webhook *w,
		    struct journey_fault *fault)
{
	const char *text = address_init(&plan->address, w->url,
					w->journey->hosts, w->journey->n_hosts);

	if (text) {
		journey_fault_set(fault, text, "url");
		return false;
	}
	plan->url = compile(w->url, TEMPLATE_URL, "url", fault);
	return plan->url != NULL;
}

/* --- headers -------------------------------------------------------------- */

static bool is_named(const struct header_pair *h, const char *name)
{
	return slice_eq_nocase(slice_of(h->name), slice_of(name));
}

/* Ours to set, or said otherwise: not sent, whoever wrote the document. */
static bool is_left_out(const struct webhook *w, const struct header_pair *h)
{
	return header_name_reserved(h->name) ||
	       (w->auth != AUTH_NONE && is_named(h, "Authorization"));
}

static bool add_header(struct journey_plan *plan, const struct header_pair *h,
		       struct journey_fault *fault)
{
	struct header_part *part = &plan->headers[plan->n_headers];
	struct template_fault where;

	if (!header_name_valid(h->name)) {
		journey_fault_set(fault, "this is no name of a header",
				  "headers.%s", h->name);
		return false;
	}
	part->value =
	    template_compile(slice_of(h->value), TEMPLATE_HEADER, &where);
	if (!part->value) {
		fault_of_template(fault, &where, "headers.%s", h->name);
		return false;
	}
	part->name = xstrdup(h->name);
	plan->n_headers++;
	return true;
}

static bool add_headers(struct journey_plan *plan, const struct webhook *w,
			struct journey_fault *fault)
{
	plan->headers = xcalloc(w->n_headers + 1, sizeof(*plan->headers));
	for (size_t i = 0; i < w->n_headers; i++)
		if (!is_left_out(w, &w->headers[i]) &&
		    !add_header(plan, &w->headers[i], fault))
			return false;
	return true;
}

/* --- body ----------------------------------------------------------------- */

static const char *content_type(const struct webhook *w)
{
	for (size_t i = 0; i < w->n_headers; i++)
		if (is_named(&w->headers[i], "Content-Type"))
			return w->headers[i].value;
	return w->content_type;
}

static enum template_mode mode_of(enum journey_escape escape, enum media media)
{
	static const enum template_mode by_media[] = {
	    [MEDIA_JSON] = TEMPLATE_JSON,
	    [MEDIA_FORM] = TEMPLATE_FORM,
	    [MEDIA_MARKUP] = TEMPLATE_HTML,
	    [MEDIA_OTHER] = TEMPLATE_TEXT,
	};

	switch (escape) {
	case ESCAPE_JSON:
		return TEMPLATE_JSON;
	case ESCAPE_HTML:
		return TEMPLATE_HTML;
	case ESCAPE_NONE:
		return TEMPLATE_TEXT;
	case ESCAPE_AUTO:
		break;
	}
	return by_media[media];
}

static void add_fields(struct journey_plan *plan, const json_t *fields)
{
	struct payload_fields *f = &plan->fields;
	size_t n = json_array_size(fields);

	if (!fields)
		return;
	f->names = xcalloc(n + 1, sizeof(*f->names));
	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(fields, i));

		if (name)
			f->names[f->n++] = xstrdup(name);
	}
}

static bool add_body(struct journey_plan *plan, const struct webhook *w,
		     struct journey_fault *fault)
{
	const struct journey *j = w->journey;
	enum media media = media_of(content_type(w));

	if (j->body) {
		plan->body_part = BODY_TEMPLATE;
		plan->body =
		    compile(j->body, mode_of(j->escape, media), "body", fault);
		return plan->body != NULL;
	}
	if (j->method == METHOD_GET || j->method == METHOD_DELETE)
		plan->body_part = BODY_NONE;
	else
		plan->body_part = media == MEDIA_FORM ? BODY_FORM : BODY_JSON;
	add_fields(plan, j->profile_fields);
	return true;
}

/* --- the whole ------------------------------------------------------------ */

struct journey_plan *journey_plan_new(const struct webhook *w,
				      struct journey_fault *fault)
{
	struct journey_plan *plan = xcalloc(1, sizeof(*plan));

	plan->method = w->journey->method;
	plan->missing_fails = w->journey->missing_fails;
	if (!add_url(plan, w, fault) || !add_headers(plan, w, fault) ||
	    !add_body(plan, w, fault) || !plan_captures(plan, w, fault))
		journey_plan_free(&plan);
	return plan;
}

void journey_plan_free(struct journey_plan **pp)
{
	struct journey_plan *plan = *pp;

	if (!plan)
		return;
	address_fini(&plan->address);
	template_free(&plan->url);
	for (size_t i = 0; i < plan->n_headers; i++) {
		free(plan->headers[i].name);
		template_free(&plan->headers[i].value);
	}
	free(plan->headers);
	template_free(&plan->body);
	for (size_t i = 0; i < plan->fields.n; i++)
		free(plan->fields.names[i]);
	free(plan->fields.names);
	capture_free(&plan->profile);
	capture_free(&plan->live);
	free(plan->live_name);
	free(plan);
	*pp = NULL;
}

const struct url_parts *journey_plan_at(const struct journey_plan *plan)
{
	return &plan->address.at;
}

bool journey_plan_has_body(const struct journey_plan *plan)
{
	return plan->body_part != BODY_NONE;
}
