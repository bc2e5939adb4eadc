/*
 * call - a journey's call, rendered into the request that is to be made.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "call.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "journey/journey_plan.h"
#include "proto/message.h"

struct caller {
	struct journey_renderer *renderer;
	struct buf values;
	bool dev;
};

struct caller *caller_new(bool dev)
{
	struct caller *c = xcalloc(1, sizeof(*c));

	c->renderer = journey_renderer_new();
	buf_init(&c->values, VALUES_BYTES_MAX);
	c->dev = dev;
	return c;
}

void caller_free(struct caller **c)
{
	if (!*c)
		return;
	journey_renderer_free(&(*c)->renderer);
	buf_fini(&(*c)->values);
	free(*c);
	*c = NULL;
}

void call_free(struct call **call)
{
	if (!*call)
		return;
	OPENSSL_cleanse(*call, (*call)->size);
	free(*call);
	*call = NULL;
}

/* "Name: value", or, as libcurl is told to send one without a value, "Name;".
 * Returns the bytes with the NUL; out may be NULL to learn them. */
static size_t header_line(char *out, size_t room,
			  const struct journey_header *h)
{
	const char *value = h->value + strspn(h->value, " \t");
	int n = snprintf(out, room, *value ? "%s: %s" : "%s;", h->name, value);

	must(n > 0);
	return (size_t)n + 1;
}

static size_t lines_bytes(const struct journey_request *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_headers; i++)
		n += header_line(NULL, 0, &r->headers[i]);
	return n;
}

static char *put(char *at, const void *p, size_t n)
{
	if (n > 0)
		memcpy(at, p, n);
	return at + n;
}

/* All of it in one piece of memory: the struct, the lines' places, the lines,
 * the URL, the body. */
static struct call *call_new(const struct journey_request *r)
{
	size_t url_n = strlen(r->url) + 1, lines_n = lines_bytes(r);
	size_t places = r->n_headers * sizeof(char *);
	size_t size =
	    sizeof(struct call) + places + lines_n + url_n + r->body.n + 1;
	struct call *call = xcalloc(1, size);
	char *at = (char *)(call + 1) + places, *end = at + lines_n;

	call->size = size;
	call->lines = (char **)(void *)(call + 1);
	for (size_t i = 0; i < r->n_headers; i++) {
		call->lines[call->n_lines++] = at;
		at += header_line(at, (size_t)(end - at), &r->headers[i]);
	}
	call->url = at;
	at = put(at, r->url, url_n);
	call->body = slice_bytes(at, r->body.n);
	put(at, r->body.p, r->body.n);
	return call;
}

struct call *caller_render(struct caller *c, const struct plan *plan,
			   const struct task *t, uint64_t wall_now_ms,
			   char *error, size_t error_size)
{
	const struct journey_input in = {
	    .body = task_body(t),
	    .params = t->params,
	    .stored = t->stored,
	    .wall_ms = wall_now_ms,
	};
	struct journey_request request;
	struct journey_fault fault;
	const char *refused;
	struct call *call;

	if (!journey_render(c->renderer, plan->journey, &in, &request,
			    &fault)) {
		(void)snprintf(error, error_size, "template: %s: %s",
			       fault.field, fault.text);
		return NULL;
	}
	call = call_new(&request);
	refused = url_parse(target_rules_any(c->dev), slice_of(call->url),
			    JOURNEY_URL_BYTES_MAX, &call->at);
	if (!refused)
		return call;
	(void)snprintf(error, error_size, "template: url: %s", refused);
	call_free(&call);
	return NULL;
}

bool caller_keeps(const struct plan *plan, const struct task *t)
{
	return plan->journey &&
	       journey_keeps(plan->journey, (enum tile)t->tile);
}

bool caller_take(struct caller *c, const struct plan *plan,
		 const struct task *t, struct slice answer, bool cut,
		 struct slice *values, char *error, size_t error_size)
{
	buf_reset(&c->values);
	*values = slice_of(NULL);
	if (!journey_take(plan->journey, c->renderer, (enum tile)t->tile,
			  answer, cut, &c->values, error, error_size))
		return false;
	*values = buf_slice(&c->values);
	return true;
}

bool caller_needs(const struct task *t)
{
	return t->tile == TILE_liveData;
}
