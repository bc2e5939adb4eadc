/*
 * easy - every option of libcurl that is set, in one place.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "easy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bearer.h"
#include "call.h"
#include "journey/journey_plan.h"

/* Answers are small; what is larger is read in more turns. */
#define READ_BUFFER_BYTES 2048L
/* From this size on libcurl would ask with Expect: 100-continue, and wait. */
#define EXPECT_BYTES (1024 * 1024)

/* The first nodes of the header list; the plan's follow. */
enum {
	NODE_EXPECT,
	NODE_ENCODING,
	NODE_ID,
	NODE_BEARER,
	NODE_TIME,
	NODE_SIGNATURE,
	NODE_PLAN
};

#define SET(e, option, value) \
	must(curl_easy_setopt((e)->transport.curl, option, value) == CURLE_OK)

/*
 * An HTTP/2 receiver may answer before it has our body, and end the stream.
 * Some releases of libcurl then fail, or never notice; so the transfer ends
 * here.
 */
static bool answered_early(const struct easy *e)
{
	curl_off_t sent = 0;

	if (!e->answer.http2 || !e->answer.complete)
		return false;
	(void)curl_easy_getinfo(e->transport.curl, CURLINFO_SIZE_UPLOAD_T,
				&sent);
	return (size_t)sent < e->body_n;
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct easy *e = arg;

	if (!answer_header(&e->answer, slice_bytes(p, size * n)) ||
	    answered_early(e))
		return 0;
	return size * n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct easy *e = arg;

	if (e->trace)
		trace_body(e->trace, slice_bytes(p, size * n));
	if (e->keeps)
		buf_append(&e->body, p, size * n);
	if (!answer_body(&e->answer, slice_bytes(p, size * n)) ||
	    answered_early(e))
		return 0;
	return size * n;
}

static void set_blob(struct easy *e, CURLoption option, char *text)
{
	struct curl_blob blob = {
	    .data = text,
	    .len = text ? strlen(text) : 0,
	    .flags = CURL_BLOB_NOCOPY, /* the plan has it as long as we do */
	};

	must(curl_easy_setopt(e->transport.curl, option, text ? &blob : NULL) ==
	     CURLE_OK);
}

/* libcurl uses a connection, or a session of TLS, again only for the same
 * certificate and the same roots. The key is not compared: it is the one that
 * belongs to the certificate. */
static void set_plan_tls(struct easy *e, const struct webhook_tls *tls)
{
	set_blob(e, CURLOPT_SSLCERT_BLOB, tls->certificate);
	set_blob(e, CURLOPT_SSLKEY_BLOB, tls->key);
	/* Goes before the file. */
	set_blob(e, CURLOPT_CAINFO_BLOB, tls->ca);
}

static void set_http(struct easy *e)
{
	SET(e, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	SET(e, CURLOPT_BUFFERSIZE, READ_BUFFER_BYTES);
	SET(e, CURLOPT_HEADERFUNCTION, on_header);
	SET(e, CURLOPT_HEADERDATA, e);
	SET(e, CURLOPT_WRITEFUNCTION, on_body);
	SET(e, CURLOPT_WRITEDATA, e);
}

struct easy *easy_new(const struct transport_options *options)
{
	struct easy *e = xcalloc(1, sizeof(*e));

	transport_init(&e->transport, options, e);
	list_init(&e->in_plan);
	list_init(&e->in_stock);
	buf_init(&e->body, ANSWER_BODY_BYTES_MAX);
	set_http(e);
	return e;
}

void easy_free(struct easy **ep)
{
	struct easy *e = *ep;

	if (!e)
		return;
	list_remove(&e->in_plan);
	list_remove(&e->in_stock);
	transport_fini(&e->transport);
	curl_url_cleanup(e->url);
	plan_unref(&e->plan);
	task_free(&e->task);
	trace_free(&e->trace);
	buf_fini(&e->body);
	free(e->nodes);
	free(e);
	*ep = NULL;
}

/* A call's own follow the plan's, at most as many as the webhook has. */
static void chain_nodes(struct easy *e)
{
	size_t n = NODE_PLAN + e->plan->n_headers;
	size_t more = e->plan->journey ? e->plan->webhook->n_headers : 0;
	static char expect[] = "Expect:", encoding[] = "Accept-Encoding:";

	e->nodes = xrealloc(e->nodes, (n + more) * sizeof(*e->nodes));
	e->nodes[NODE_EXPECT].data = expect;
	/* What comes compressed all the same is decoded, and so bounded; but
	 * nobody reads it, so nobody is asked for it. */
	e->nodes[NODE_ENCODING].data = encoding;
	e->nodes[NODE_ID].data = e->id_line;
	e->nodes[NODE_TIME].data = e->time_line;
	e->nodes[NODE_SIGNATURE].data = e->signature_line;
	for (size_t i = NODE_PLAN; i < n; i++)
		e->nodes[i].data = e->plan->headers[i - NODE_PLAN];
	for (size_t i = 0; i < n; i++)
		e->nodes[i].next = i + 1 < n ? &e->nodes[i + 1] : NULL;
}

/* libcurl has verbs of its own for a POST with a body and a GET without. */
static void set_method(struct easy *e, const struct plan *plan)
{
	const struct journey *j = plan->journey ? plan->webhook->journey : NULL;
	bool body = !j || journey_plan_has_body(plan->journey);
	enum http_method method = j ? j->method : METHOD_POST;
	const char *name = NULL;

	if (method != (body ? METHOD_POST : METHOD_GET))
		name = http_method_name(method);
	if (body)
		SET(e, CURLOPT_POST, 1L);
	else
		SET(e, CURLOPT_HTTPGET, 1L);
	SET(e, CURLOPT_CUSTOMREQUEST, name);
}

/* Parsed here, not at every request. What libcurl cannot parse it is given as
 * it is, and says so. A template is not for it: each call sets its own. */
static void set_plan_url(struct easy *e, const struct plan *plan)
{
	curl_url_cleanup(e->url);
	e->url = curl_url();
	must(e->url);
	if (!plan->journey &&
	    curl_url_set(e->url, CURLUPART_URL, plan->webhook->url, 0) ==
		CURLUE_OK) {
		SET(e, CURLOPT_CURLU, e->url);
	} else {
		SET(e, CURLOPT_CURLU, NULL);
		SET(e, CURLOPT_URL, plan->webhook->url);
	}
}

void easy_prepare(struct easy *e, struct plan *plan)
{
	plan_unref(&e->plan);
	e->plan = plan_ref(plan);
	chain_nodes(e);
	set_method(e, plan);
	set_plan_url(e, plan);
	set_plan_tls(e, &plan->webhook->tls);
	SET(e, CURLOPT_TIMEOUT_MS, (long)plan->webhook->timeout_ms);
	SET(e, CURLOPT_HTTP_VERSION,
	    plan->at.https ? (long)CURL_HTTP_VERSION_2TLS
			   : (long)CURL_HTTP_VERSION_1_1);
	/* Rather share a connection that turns out to be HTTP/2. With a proxy
	 * libcurl would wait for connections of other names at the same
	 * address, too, for as long as those hang. */
	SET(e, CURLOPT_PIPEWAIT,
	    plan->at.https && !e->transport.options->proxy ? 1L : 0L);
}

bool easy_set_url(struct easy *e, const char *url)
{
	if (curl_url_set(e->url, CURLUPART_URL, url, 0) != CURLUE_OK)
		return false;
	SET(e, CURLOPT_CURLU, e->url);
	return true;
}

static void line(char *out, const char *name, size_t name_n, struct slice value)
{
	memcpy(out, name, name_n);
	memcpy(out + name_n, value.p, value.n);
	out[name_n + value.n] = '\0';
}

/* The line is the task's for as long as the request is under way. */
static void set_bearer(struct easy *e)
{
	struct curl_slist *node = &e->nodes[NODE_BEARER];

	node->data = e->task->bearer ? e->task->bearer->line : NULL;
	e->nodes[NODE_ID].next = node->data ? node : node->next;
}

/* Behind the plan's headers, or behind ours where it has none. */
static void chain_call(struct easy *e, const struct call *call)
{
	struct curl_slist *node = &e->nodes[NODE_PLAN + e->plan->n_headers - 1];

	for (size_t i = 0; call && i < call->n_lines; i++) {
		node->next = node + 1;
		node = node->next;
		node->data = call->lines[i];
	}
	node->next = NULL;
}

static void set_body(struct easy *e, struct slice body)
{
	e->body_n = body.n;
	if (e->plan->journey && !journey_plan_has_body(e->plan->journey))
		return;
	SET(e, CURLOPT_POSTFIELDS, body.p);
	SET(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
}

#define LINE(out, name, value) line(out, name, sizeof(name) - 1, value)

void easy_set_request(struct easy *e, const char *event_id,
		      struct slice timestamp, uint64_t wall_now_ms)
{
	static const char name[] = "webhook-signature: ";
	struct slice id = slice_of(event_id);
	const struct call *call = e->task->call;
	struct slice body = call ? call->body : task_body(e->task);
	struct curl_slist *nodes = e->nodes;
	size_t n = 0;

	LINE(e->id_line, "webhook-id: ", id);
	LINE(e->time_line, "webhook-timestamp: ", timestamp);
	if (e->plan->signer)
		n = signer_sign(e->plan->signer, id, timestamp, body,
				wall_now_ms,
				e->signature_line + sizeof(name) - 1);
	memcpy(e->signature_line, name, sizeof(name) - 1);
	if (e->plan->journey)
		chain_call(e, call);
	set_bearer(e);
	/* Without a live secret there is no such header. */
	nodes[NODE_TIME].next =
	    n > 0 ? &nodes[NODE_SIGNATURE] : nodes[NODE_SIGNATURE].next;
	SET(e, CURLOPT_HTTPHEADER,
	    &nodes[body.n >= EXPECT_BYTES ? NODE_EXPECT : NODE_ENCODING]);
	set_body(e, body);
	transport_reset(&e->transport);
	answer_reset(&e->answer);
}

void easy_keep(struct easy *e)
{
	e->keeps = true;
	buf_reset(&e->body);
}

void easy_forget(struct easy *e)
{
	e->keeps = false;
	buf_fini(&e->body);
}

struct easy_times easy_times(const struct easy *e)
{
	const struct transport *t = &e->transport;
	struct easy_times times = {0};
	long connects = 0;

	if (!t->begun)
		return times;
	(void)curl_easy_getinfo(t->curl, CURLINFO_NUM_CONNECTS, &connects);
	/* On a connection that was there already no time was spent on it. */
	if (connects > 0) {
		times.connect_us =
		    transport_time_us(t, CURLINFO_APPCONNECT_TIME_T);
		if (times.connect_us == 0)
			times.connect_us =
			    transport_time_us(t, CURLINFO_CONNECT_TIME_T);
	}
	times.answer_us = transport_time_us(t, CURLINFO_STARTTRANSFER_TIME_T);
	times.total_us = transport_time_us(t, CURLINFO_TOTAL_TIME_T);
	return times;
}

enum fault easy_fault(const struct easy *e, int code)
{
	if (e->answer.headers_too_large)
		return FAULT_HEADERS_TOO_LARGE;
	if (e->answer.body_cut || e->answer.complete)
		return FAULT_NONE;
	return transport_fault(&e->transport, code);
}

static int on_debug(CURL *curl, curl_infotype type, char *p, size_t n,
		    void *arg)
{
	struct easy *e = arg;

	(void)curl;
	if (e->trace && type == CURLINFO_HEADER_OUT)
		trace_request(e->trace, slice_bytes(p, n));
	else if (e->trace && type == CURLINFO_HEADER_IN)
		trace_answer(e->trace, slice_bytes(p, n));
	return 0;
}

void easy_trace(struct easy *e)
{
	e->trace = trace_new();
	SET(e, CURLOPT_DEBUGFUNCTION, on_debug);
	SET(e, CURLOPT_DEBUGDATA, e);
	SET(e, CURLOPT_VERBOSE, 1L);
}

char *easy_untrace(struct easy *e, size_t *n)
{
	struct msg_trace m = {
	    .lookup_us =
		transport_time_us(&e->transport, CURLINFO_NAMELOOKUP_TIME_T),
	    .tcp_us = transport_time_us(&e->transport, CURLINFO_CONNECT_TIME_T),
	    .tls_us =
		transport_time_us(&e->transport, CURLINFO_APPCONNECT_TIME_T),
	    .answer_us =
		transport_time_us(&e->transport, CURLINFO_STARTTRANSFER_TIME_T),
	    .total_us = transport_time_us(&e->transport, CURLINFO_TOTAL_TIME_T),
	};
	const char *url = NULL;
	struct buf frame;
	size_t at;

	SET(e, CURLOPT_VERBOSE, 0L);
	(void)curl_easy_getinfo(e->transport.curl, CURLINFO_EFFECTIVE_URL,
				&url);
	/* libcurl would tell the template, which it was given first. */
	if (e->task->call)
		url = e->task->call->url;
	m.url =
	    slice_of(url && e->transport.begun ? url : e->plan->webhook->url);
	if (m.url.n > TRACE_URL_BYTES_MAX)
		m.url.n = TRACE_URL_BYTES_MAX;
	if (e->task->call)
		trace_call(&m, e->task->call->body);
	trace_fill(e->trace, e->plan->webhook, &m);
	buf_init(&frame, TRACE_BYTES_MAX);
	at = msg_frame_start(&frame, MSG_trace, 0, 0);
	msg_encode_trace(&frame, &m);
	msg_frame_finish(&frame, at, 1);
	must(!buf_full(&frame));
	trace_free(&e->trace);
	return buf_take(&frame, n);
}
