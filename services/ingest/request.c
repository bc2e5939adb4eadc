/*
 * request - a publish body becomes checked events.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "request.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#include "draft.h"

#define KEPT_BYTES (512 * 1024)

struct request {
	struct draft draft;
};

const char *fault_code_text(enum fault_code code)
{
	static const char *const texts[] = {
#define C(text, name, status) #text,
	    FAULT_CODES(C)
#undef C
	};

	return texts[code];
}

unsigned fault_http_status(enum fault_code code)
{
	static const unsigned statuses[] = {
#define C(text, name, status) status,
	    FAULT_CODES(C)
#undef C
	};

	return statuses[code];
}

const char *request_op_name(enum request_op op)
{
	static const char *const names[] = {
#define O(text, name) #text,
	    REQUEST_OPS(O)
#undef O
	};

	return names[op];
}

struct fault fault_of(enum fault_code code, const char *message)
{
	struct fault f = {.code = code, .index = FAULT_NO_INDEX};

	snprintf(f.message, sizeof(f.message), "%s", message);
	return f;
}

struct fault fault_busy(const char *message, uint64_t retry_after_ms)
{
	struct fault f = fault_of(FAULT_BUSY, message);

	f.retry_after_ms = retry_after_ms;
	return f;
}

struct request *request_new(const struct request_limits *limits)
{
	struct request *r = xcalloc(1, sizeof(*r));

	draft_init(&r->draft, limits);
	return r;
}

void request_free(struct request **r)
{
	if (!*r)
		return;
	draft_fini(&(*r)->draft);
	free(*r);
	*r = NULL;
}

enum encoding encoding_of(struct slice body)
{
	return body.n > 0 && (body.p[0] == '{' || body.p[0] == '[')
		   ? ENCODING_JSON
		   : ENCODING_MSGPACK;
}

bool request_parse(struct request *r, enum encoding encoding, struct slice body,
		   struct slice project, struct fault *fault)
{
	struct draft *d = &r->draft;

	draft_reset(d);
	d->in = body;
	d->path_project = project;
	d->fault = fault;
	d->raw = encoding == ENCODING_JSON;
	if (body.n > d->limits.frame_bytes_max)
		return draft_refuse(d, FAULT_TOO_LARGE,
				    "a body must be at most %zu bytes",
				    d->limits.frame_bytes_max);
	return d->raw ? request_read_json(d) : request_read_msgpack(d);
}

size_t request_count(const struct request *r)
{
	return r->draft.n;
}

static struct slice in_buf(const struct buf *b, struct span s)
{
	return (struct slice){b->p + s.at, s.n};
}

size_t request_calls(const struct request *r)
{
	return r->draft.calls;
}

struct request_event request_at(const struct request *r, size_t i)
{
	const struct draft *d = &r->draft;
	const struct draft_event *e = &d->events[i];

	must(i < d->n);
	return (struct request_event){
	    .op = e->op,
	    .project = in_buf(&d->text, e->project),
	    /* A call or an exit has none, for any name may be an event's. */
	    .name = e->op == OP_EVENT ? in_buf(&d->text, e->name)
				      : slice_bytes("", 0),
	    .idem = in_buf(&d->text, e->idem),
	    .ordering_key = in_buf(&d->text, e->ordering_key),
	    .created_ms = e->created_ms,
	    .expires_in_ms = e->expires_in_ms,
	    .body = in_buf(&d->bodies, e->body),
	};
}

struct request_call request_call_at(const struct request *r, size_t i)
{
	const struct draft *d = &r->draft;
	const struct draft_call *c = &d->events[i].call;

	must(i < d->n && d->events[i].op != OP_EVENT);
	return (struct request_call){
	    .webhook = in_buf(&d->text, c->webhook),
	    .webhook_id = c->webhook_id,
	    .tile = c->tile,
	    .params = in_buf(&d->text, c->params),
	    .wants_result = c->wants_result,
	};
}

void request_resolve(struct request *r, size_t i, const struct ulid *webhook)
{
	must(i < r->draft.n && r->draft.events[i].op == OP_CALL);
	r->draft.events[i].call.webhook_id = *webhook;
}

void request_release(struct request *r)
{
	struct draft *d = &r->draft;

	draft_reset(d);
	if (d->text.size > KEPT_BYTES)
		buf_fini(&d->text);
	if (d->bodies.size > KEPT_BYTES)
		buf_fini(&d->bodies);
}
