/*
 * trace - what one request and its answer were, for a test send.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "trace.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

#define MASK "***"

struct trace *trace_new(void)
{
	struct trace *t = xcalloc(1, sizeof(*t));

	buf_init(&t->request, TRACE_HEAD_BYTES_MAX);
	buf_init(&t->answer, TRACE_HEAD_BYTES_MAX);
	buf_init(&t->body, TRACE_BODY_BYTES_MAX);
	return t;
}

static void wipe(struct buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->size);
	buf_fini(b);
}

void trace_free(struct trace **t)
{
	if (!*t)
		return;
	wipe(&(*t)->request);
	wipe(&(*t)->answer);
	wipe(&(*t)->body);
	free(*t);
	*t = NULL;
}

/* As much as there is room for. */
static bool keep(struct buf *b, struct slice bytes)
{
	size_t room = b->max - b->n;
	bool all = bytes.n <= room;

	if (!all)
		bytes.n = room;
	buf_append_slice(b, bytes);
	return all;
}

void trace_request(struct trace *t, struct slice bytes)
{
	static const char connect[] = "CONNECT ";
	size_t n = sizeof(connect) - 1;

	/* What a proxy was told before is not the receiver's. */
	if (bytes.n >= n && memcmp(bytes.p, connect, n) == 0)
		return;
	(void)keep(&t->request, bytes);
}

void trace_answer(struct trace *t, struct slice line)
{
	if (line.n >= 5 && memcmp(line.p, "HTTP/", 5) == 0)
		buf_reset(&t->answer);
	(void)keep(&t->answer, line);
}

void trace_body(struct trace *t, struct slice bytes)
{
	if (!keep(&t->body, bytes))
		t->cut = true;
}

void trace_call(struct msg_trace *m, struct slice body)
{
	m->request_cut = body.n > TRACE_BODY_BYTES_MAX;
	if (m->request_cut)
		body.n = TRACE_BODY_BYTES_MAX;
	m->request_body = body;
}

/* ---- masking ---- */

static bool is_secret(const struct webhook *w, struct slice name)
{
	if (slice_eq_nocase(name, SLICE_LIT("Authorization")) ||
	    slice_eq_nocase(name, SLICE_LIT("Proxy-Authorization")))
		return true;
	for (size_t i = 0; i < w->n_headers; i++)
		if (slice_eq_nocase(name, slice_of(w->headers[i].name)))
			return true;
	return false;
}

static void mask_line(const struct webhook *w, struct slice line,
		      struct buf *out)
{
	const char *colon = memchr(line.p, ':', line.n);
	size_t n = colon ? (size_t)(colon - line.p) : 0;

	if (colon && is_secret(w, slice_bytes(line.p, n))) {
		buf_append_slice(out, slice_bytes(line.p, n));
		buf_append_str(out, ": " MASK "\r\n");
	} else {
		buf_append_slice(out, line);
	}
}

/* A head that was cut ends in a line that nobody can name: it goes. */
static void mask(struct trace *t, const struct webhook *w)
{
	struct slice rest = buf_slice(&t->request);
	struct buf out;

	buf_init(&out, TRACE_HEAD_BYTES_MAX + 64);
	while (rest.n > 0) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) + 1 : 0;

		if (!end)
			break;
		mask_line(w, slice_bytes(rest.p, n), &out);
		rest = slice_bytes(rest.p + n, rest.n - n);
	}
	wipe(&t->request);
	t->request = out;
}

void trace_fill(struct trace *t, const struct webhook *w, struct msg_trace *m)
{
	mask(t, w);
	m->request_head = buf_slice(&t->request);
	m->answer_head = buf_slice(&t->answer);
	m->answer_body = buf_slice(&t->body);
	m->answer_cut = t->cut;
}
