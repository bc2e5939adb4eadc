/*
 * trial_view - what came of a test send, as JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "trial_view.h"

#include "base/clock.h"
#include "base/text.h"
#include "call.h"
#include "view.h"

static struct slice take_line(struct slice *rest)
{
	struct slice line = *rest;

	if (!slice_cut(rest, '\n', &line))
		rest->n = 0;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* "Name: value" lines as [[name, value], …], in their order. New. */
static json_t *header_list(struct slice rest)
{
	json_t *list = json_array();

	while (rest.n > 0) {
		struct slice value = take_line(&rest), name;
		json_t *pair;

		if (!slice_cut(&value, ':', &name) || name.n == 0)
			continue;
		while (value.n > 0 && *value.p == ' ')
			value = slice_bytes(value.p + 1, value.n - 1);
		pair = json_array();
		json_array_append_new(pair, json_text(name));
		json_array_append_new(pair, json_text(value));
		json_array_append_new(list, pair);
	}
	return list;
}

static json_t *body_view(struct slice body)
{
	struct buf text;
	json_t *value;

	if (slice_is_utf8(body))
		return json_text(body);
	buf_init(&text, 4 * body.n + 64);
	buf_append_str(&text, "base64:");
	base64_encode(&text, body);
	value = json_stringn(text.p, text.n);
	buf_fini(&text);
	return value;
}

/* A text that was cut inside a character ends before it. */
static struct slice without_stump(struct slice body)
{
	for (size_t cut = 0; cut < 4 && cut <= body.n; cut++)
		if (slice_is_utf8(slice_bytes(body.p, body.n - cut)))
			return slice_bytes(body.p, body.n - cut);
	return body;
}

/* "POST /path HTTP/1.1" or "HTTP/1.1 200 OK": part 0, 1 or 2. */
static json_t *word(struct slice line, int part)
{
	struct slice text = line;

	for (; part >= 0; part--)
		if (!slice_cut(&line, ' ', &text)) {
			text = line;
			line.n = 0;
		}
	return text.n ? json_text(text) : json_null();
}

/* What a sender made of a journey's call only it knows. */
static void put_body(json_t *v, const struct msg_trace *m,
		     const struct sample *sample)
{
	struct slice body = slice_of(sample->body);
	bool cut = m->request_cut != 0;

	if (sample->tile != TILE_none)
		body = cut ? without_stump(m->request_body) : m->request_body;
	json_object_set_new(v, "body", body_view(body));
	if (sample->tile != TILE_none)
		json_object_set_new(v, "bodyCut", json_boolean(cut));
}

/* Null when nothing was sent. */
static json_t *request_view(const struct msg_trace *m,
			    const struct sample *sample)
{
	struct slice rest = m->request_head, first;
	json_t *v;

	if (rest.n == 0)
		return json_null();
	first = take_line(&rest);
	v = json_object();
	json_object_set_new(v, "method", word(first, 0));
	json_object_set_new(v, "url", json_text(m->url));
	json_object_set_new(v, "target", word(first, 1));
	json_object_set_new(v, "httpVersion", word(first, 2));
	json_object_set_new(v, "headers", header_list(rest));
	put_body(v, m, sample);
	return v;
}

static json_t *response_view(const struct msg_trace *m, uint64_t status)
{
	struct slice rest = m->answer_head, first, body;
	json_t *v;

	if (status == 0 || rest.n == 0)
		return json_null();
	first = take_line(&rest);
	v = json_object();
	json_object_set_new(v, "status", json_integer((json_int_t)status));
	json_object_set_new(v, "httpVersion", word(first, 0));
	json_object_set_new(v, "headers", header_list(rest));
	body = m->answer_cut ? without_stump(m->answer_body) : m->answer_body;
	json_object_set_new(v, "body", body_view(body));
	json_object_set_new(v, "bodyCut", json_boolean(m->answer_cut != 0));
	return v;
}

static json_t *ms(uint64_t us)
{
	return us ? json_real((double)us / 1000) : json_null();
}

static json_t *timings_view(const struct msg_trace *m)
{
	json_t *v = json_object();

	json_object_set_new(v, "nameLookup", ms(m->lookup_us));
	json_object_set_new(v, "connect", ms(m->tcp_us));
	json_object_set_new(v, "tls", ms(m->tls_us));
	json_object_set_new(v, "firstByte", ms(m->answer_us));
	json_object_set_new(v, "total", ms(m->total_us));
	return v;
}

/* What a tile would have kept of the answer. */
static void put_values(json_t *v, const struct sample *sample,
		       struct slice values)
{
	json_t *kept = NULL;

	if (sample->tile == TILE_none)
		return;
	if (values.n > 0)
		kept = json_loadb(values.p, values.n,
				  JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	json_object_set_new(v, "values", kept ? kept : json_null());
}

json_t *trial_view(const struct ulid *id, const struct sample *sample,
		   const struct msg_result *r)
{
	struct slice in = r->trace;
	struct msg_trace m = {0};
	json_t *v = json_object();
	uint64_t count;

	if (!frame_open(&in, MSG_trace, &count) ||
	    msg_decode_trace(&in, &m) != ERR_OK)
		m = (struct msg_trace){0};
	json_object_set_new(v, "id", json_id("evt", ulid_slice(id)));
	json_object_set_new(v, "outcome",
			    json_string(outcome_name(r->outcome)));
	json_object_set_new(v, "error",
			    r->error.n ? json_text(r->error) : json_null());
	json_object_set(v, "message", sample->message);
	/* Without an access token it has come to no request. */
	json_object_set_new(v, "url", m.url.n ? json_text(m.url) : json_null());
	json_object_set_new(v, "request", request_view(&m, sample));
	json_object_set_new(v, "response", response_view(&m, r->status));
	put_values(v, sample, r->values);
	json_object_set_new(v, "timingsMs", timings_view(&m));
	return v;
}
