/*
 * render - a call as an HTTP request.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/mem.h"
#include "journey/context.h"
#include "journey/parts.h"
#include "journey/renderer.h"
#include "store/header_rule.h"

#define HEADERS_BYTES_MAX ((size_t)256 * 1024)

struct journey_renderer *journey_renderer_new(void)
{
	struct journey_renderer *r = xcalloc(1, sizeof(*r));

	r->call = document_new();
	r->stored = document_new();
	r->answer = document_new();
	r->render = template_render_new(NULL);
	r->params = params_new();
	/* With a fragment, which is taken off, and a NUL. */
	buf_init(&r->url, 2 * JOURNEY_URL_BYTES_MAX);
	buf_init(&r->values, HEADERS_BYTES_MAX);
	buf_init(&r->body, JOURNEY_BODY_BYTES_MAX);
	return r;
}

/* It has been given secrets. */
static void wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->size);
	buf_fini(b);
}

void journey_renderer_free(struct journey_renderer **rp)
{
	struct journey_renderer *r = *rp;

	if (!r)
		return;
	document_free(&r->call);
	document_free(&r->stored);
	document_free(&r->answer);
	arena_fini(&r->arena);
	template_render_free(&r->render);
	params_free(&r->params);
	wipe(&r->url);
	wipe(&r->values);
	wipe(&r->body);
	free(r->headers);
	free(r);
	*rp = NULL;
}

/* One call's way through here. */
struct rendering {
	struct journey_renderer *r;
	const struct journey_plan *plan;
	const struct journey_input *in;
	struct template_input input;
	struct journey_fault *fault;
};

/* --- URL ------------------------------------------------------------------ */

/* It is never sent. */
static void cut_fragment(struct buf *url)
{
	const char *at = url->n > 0 ? memchr(url->p, '#', url->n) : NULL;

	if (at)
		url->n = (size_t)(at - url->p);
}

static bool render_url(struct rendering *g)
{
	struct buf *url = &g->r->url;
	struct template_fault where;
	const char *text;

	buf_reset(url);
	if (!template_render(g->r->render, g->plan->url, &g->input, url,
			     &where)) {
		fault_of_template(g->fault, &where, "url");
		return false;
	}
	cut_fragment(url);
	if (!params_append(g->r->params, g->in->params, g->r->render, &g->input,
			   url, g->fault))
		return false;
	text = buf_full(url) ? "it is too long"
			     : address_fault(&g->plan->address, buf_slice(url));
	if (text) {
		journey_fault_set(g->fault, text, "url");
		return false;
	}
	buf_append_char(url, '\0');
	return true;
}

/* --- headers -------------------------------------------------------------- */

static const char *value_fault(const struct buf *values, size_t at)
{
	const char *text = values->p + at;

	if (buf_full(values) || values->n - at > JOURNEY_HEADER_BYTES_MAX)
		return "it is too long";
	if (strlen(text) != values->n - at - 1 || !header_value_valid(text))
		return "a value has a control character in it";
	return NULL;
}

/* Its value, and a NUL, at the end of values. */
static bool render_header(struct rendering *g, const struct header_part *h)
{
	struct buf *values = &g->r->values;
	struct template_fault where;
	size_t at = values->n;
	const char *text;

	if (!template_render(g->r->render, h->value, &g->input, values,
			     &where)) {
		fault_of_template(g->fault, &where, "headers.%s", h->name);
		return false;
	}
	buf_append_char(values, '\0');
	text = value_fault(values, at);
	if (text)
		journey_fault_set(g->fault, text, "headers.%s", h->name);
	return !text;
}

/* The places of the values, now that they do not move any more. */
static void place_headers(struct rendering *g)
{
	const struct journey_plan *plan = g->plan;
	const char *value = g->r->values.p;

	for (size_t i = 0; i < plan->n_headers; i++) {
		g->r->headers[i] = (struct journey_header){
		    .name = plan->headers[i].name, .value = value};
		value += strlen(value) + 1;
	}
}

static bool render_headers(struct rendering *g)
{
	const struct journey_plan *plan = g->plan;

	buf_reset(&g->r->values);
	for (size_t i = 0; i < plan->n_headers; i++)
		if (!render_header(g, &plan->headers[i]))
			return false;
	g->r->headers = xrealloc(g->r->headers, (plan->n_headers + 1) *
						    sizeof(*g->r->headers));
	place_headers(g);
	return true;
}

/* --- body ----------------------------------------------------------------- */

static bool render_body(struct rendering *g)
{
	const struct journey_plan *plan = g->plan;
	struct buf *body = &g->r->body;
	struct template_fault where;

	buf_reset(body);
	switch (plan->body_part) {
	case BODY_NONE:
		return true;
	case BODY_TEMPLATE:
		if (template_render(g->r->render, plan->body, &g->input, body,
				    &where))
			return true;
		fault_of_template(g->fault, &where, "body");
		return false;
	case BODY_JSON:
		payload_json(body, g->input.root, &plan->fields);
		break;
	case BODY_FORM:
		payload_form(body, g->input.root, &plan->fields, &g->r->arena);
		break;
	}
	if (buf_full(body))
		journey_fault_set(g->fault, "it is too long", "body");
	return !buf_full(body);
}

/* --- the whole ------------------------------------------------------------ */

static const struct value *read_context(struct journey_renderer *r,
					const struct journey_input *in)
{
	const struct value *call = document_read(r->call, NULL, in->body);
	const struct value *stored = document_read(r->stored, NULL, in->stored);

	arena_reset(&r->arena);
	return context_new(&r->arena, call, stored);
}

bool journey_render(struct journey_renderer *r, const struct journey_plan *plan,
		    const struct journey_input *in, struct journey_request *out,
		    struct journey_fault *fault)
{
	struct rendering g = {
	    .r = r,
	    .plan = plan,
	    .in = in,
	    .input.root = read_context(r, in),
	    .input.fail_on_missing = plan->missing_fails,
	    .input.wall_ms = in->wall_ms,
	    .fault = fault,
	};

	if (!render_url(&g) || !render_headers(&g) || !render_body(&g))
		return false;
	*out = (struct journey_request){
	    .method = plan->method,
	    .url = r->url.p,
	    .headers = r->headers,
	    .n_headers = plan->n_headers,
	    .body = buf_slice(&r->body),
	    .has_body = plan->body_part != BODY_NONE,
	};
	return true;
}
