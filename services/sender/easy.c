/*
 * easy - every option of libcurl that is set, in one place.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "easy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "pool.h"
#include "proxy.h"
#include "source.h"
#include "tls_fault.h"

#define CONNECT_TIMEOUT_MS 5000L
/* Answers are small; what is larger is read in more turns. */
#define READ_BUFFER_BYTES 2048L
/* Under the 60 s after which common servers and balancers drop idle ones. */
#define IDLE_CONNECTION_S 50L
/* From this size on libcurl would ask with Expect: 100-continue, and wait. */
#define EXPECT_BYTES (1024 * 1024)

/* The first nodes of the header list; the plan's follow. */
enum {
	NODE_EXPECT,
	NODE_ENCODING,
	NODE_ID,
	NODE_TIME,
	NODE_SIGNATURE,
	NODE_PLAN
};

#define SET(e, option, value) \
	must(curl_easy_setopt((e)->curl, option, value) == CURLE_OK)

bool easy_global_init(char *error, size_t error_size)
{
	const curl_version_info_data *v;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)snprintf(error, error_size, "libcurl does not start");
		return false;
	}
	v = curl_version_info(CURLVERSION_NOW);
	if (v->version_num < 0x075700 || !(v->features & CURL_VERSION_SSL)) {
		(void)snprintf(error, error_size,
			       "libcurl %s: 7.87.0 or newer, with TLS, needed",
			       v->version);
		return false;
	}
	/* Without it a name look-up would stop the loop. */
	if (!(v->features & CURL_VERSION_ASYNCHDNS)) {
		(void)snprintf(error, error_size,
			       "libcurl %s resolves names synchronously",
			       v->version);
		return false;
	}
	return true;
}

void easy_global_fini(void)
{
	curl_global_cleanup();
}

const char *easy_default_ca_file(void)
{
	return curl_version_info(CURLVERSION_NOW)->cainfo;
}

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
	(void)curl_easy_getinfo(e->curl, CURLINFO_SIZE_UPLOAD_T, &sent);
	return (size_t)sent < e->task->body_n;
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
	if (!answer_body(&e->answer, slice_bytes(p, size * n)) ||
	    answered_early(e))
		return 0;
	return size * n;
}

/* The address that is looked at here is the one that is connected to. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
				    struct curl_sockaddr *address)
{
	struct easy *e = arg;
	int fd;

	(void)purpose;
	/* With a proxy it is the proxy's address, which is the operator's word.
	 * What that one connects to was checked: easy_set_route(). */
	if (!e->options->proxy &&
	    !target_allowed(e->options->rules, &address->addr)) {
		e->refused = true;
		return CURL_SOCKET_BAD;
	}
	if (!source_usable(e->options->sources, address->family)) {
		e->refused = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(address->family,
		    address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    address->protocol);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	if (!source_bind(e->options->sources, address->family, fd)) {
		(void)close(fd);
		return CURL_SOCKET_BAD;
	}
	e->opened = true;
	pool_socket_opened(e->options->pool, fd);
	return fd;
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
	pool_socket_closing(arg, fd);
	return close(fd);
}

static void set_transport(struct easy *e)
{
	SET(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	SET(e, CURLOPT_OPENSOCKETDATA, e);
	SET(e, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
	SET(e, CURLOPT_CLOSESOCKETDATA, e->options->pool);
	SET(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	SET(e, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
	SET(e, CURLOPT_TCP_NODELAY, 1L);
	SET(e, CURLOPT_NOSIGNAL, 1L);
	/* A look-up that is given up is left to its thread, not waited for. */
	SET(e, CURLOPT_QUICK_EXIT, 1L);
}

static void set_tls(struct easy *e)
{
	SET(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(e, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(e, CURLOPT_SSL_VERIFYHOST, 2L);
	/* With a directory beside the file libcurl would not keep the parsed
	 * roots, and read the file for every connection. */
	SET(e, CURLOPT_CAPATH, NULL);
	if (e->options->ca_file)
		SET(e, CURLOPT_CAINFO, e->options->ca_file);
	/* For a key with a passphrase OpenSSL would ask at the terminal. */
	SET(e, CURLOPT_KEYPASSWD, "");
	SET(e, CURLOPT_ERRORBUFFER, e->error);
}

static void set_blob(struct easy *e, CURLoption option, char *text)
{
	struct curl_blob blob = {
	    .data = text,
	    .len = text ? strlen(text) : 0,
	    .flags = CURL_BLOB_NOCOPY, /* the plan has it as long as we do */
	};

	must(curl_easy_setopt(e->curl, option, text ? &blob : NULL) ==
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
	SET(e, CURLOPT_PROTOCOLS_STR, e->options->dev ? "http,https" : "https");
	SET(e, CURLOPT_FOLLOWLOCATION, 0L);
	SET(e, CURLOPT_POST, 1L);
	SET(e, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	SET(e, CURLOPT_BUFFERSIZE, READ_BUFFER_BYTES);
	SET(e, CURLOPT_HEADERFUNCTION, on_header);
	SET(e, CURLOPT_HEADERDATA, e);
	SET(e, CURLOPT_WRITEFUNCTION, on_body);
	SET(e, CURLOPT_WRITEDATA, e);
	SET(e, CURLOPT_PRIVATE, e);
}

struct easy *easy_new(const struct easy_options *options)
{
	struct easy *e = xcalloc(1, sizeof(*e));

	e->curl = curl_easy_init();
	must(e->curl);
	e->options = options;
	list_init(&e->in_plan);
	list_init(&e->in_stock);
	list_init(&e->in_wait);
	set_transport(e);
	proxy_set(e);
	set_tls(e);
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
	list_remove(&e->in_wait);
	curl_easy_cleanup(e->curl);
	curl_url_cleanup(e->url);
	plan_unref(&e->plan);
	task_free(&e->task);
	trace_free(&e->trace);
	free(e->nodes);
	free(e);
	*ep = NULL;
}

static void chain_nodes(struct easy *e)
{
	size_t n = NODE_PLAN + e->plan->n_headers;
	static char expect[] = "Expect:", encoding[] = "Accept-Encoding:";

	e->nodes = xrealloc(e->nodes, n * sizeof(*e->nodes));
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

void easy_prepare(struct easy *e, struct plan *plan)
{
	plan_unref(&e->plan);
	e->plan = plan_ref(plan);
	chain_nodes(e);
	/* Parsed here, not at every request. What libcurl cannot parse it is
	 * given as it is, and says so. */
	curl_url_cleanup(e->url);
	e->url = curl_url();
	must(e->url);
	if (curl_url_set(e->url, CURLUPART_URL, plan->webhook->url, 0) ==
	    CURLUE_OK) {
		SET(e, CURLOPT_CURLU, e->url);
	} else {
		SET(e, CURLOPT_CURLU, NULL);
		SET(e, CURLOPT_URL, plan->webhook->url);
	}
	set_plan_tls(e, &plan->webhook->tls);
	SET(e, CURLOPT_TIMEOUT_MS, (long)plan->webhook->timeout_ms);
	SET(e, CURLOPT_HTTP_VERSION,
	    plan->at.https ? (long)CURL_HTTP_VERSION_2TLS
			   : (long)CURL_HTTP_VERSION_1_1);
	/* Rather share a connection that turns out to be HTTP/2. With a proxy
	 * libcurl would wait for connections of other names at the same
	 * address, too, for as long as those hang. */
	SET(e, CURLOPT_PIPEWAIT,
	    plan->at.https && !e->options->proxy ? 1L : 0L);
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

#define LINE(out, name, value) line(out, name, sizeof(name) - 1, value)

void easy_set_request(struct easy *e, const char *event_id,
		      struct slice timestamp, uint64_t wall_now_ms)
{
	static const char name[] = "webhook-signature: ";
	struct slice id = slice_of(event_id);
	struct slice body = task_body(e->task);
	struct curl_slist *nodes = e->nodes;
	size_t n = 0;

	LINE(e->id_line, "webhook-id: ", id);
	LINE(e->time_line, "webhook-timestamp: ", timestamp);
	if (e->plan->signer)
		n = signer_sign(e->plan->signer, id, timestamp, body,
				wall_now_ms,
				e->signature_line + sizeof(name) - 1);
	memcpy(e->signature_line, name, sizeof(name) - 1);
	/* Without a live secret there is no such header. */
	nodes[NODE_TIME].next =
	    n > 0 ? &nodes[NODE_SIGNATURE] : nodes[NODE_SIGNATURE].next;
	SET(e, CURLOPT_HTTPHEADER,
	    &nodes[body.n >= EXPECT_BYTES ? NODE_EXPECT : NODE_ENCODING]);
	SET(e, CURLOPT_POSTFIELDS, body.p);
	SET(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	e->refused = e->opened = e->begun = e->tunnelled = false;
	e->fault = FAULT_NONE;
	e->error[0] = '\0';
	answer_reset(&e->answer);
}

static uint64_t info_us(const struct easy *e, CURLINFO info)
{
	curl_off_t us = 0;

	if (curl_easy_getinfo(e->curl, info, &us) != CURLE_OK || us < 0)
		return 0;
	return (uint64_t)us;
}

unsigned easy_status(const struct easy *e)
{
	long status = 0;

	if (!e->begun)
		return 0;
	(void)curl_easy_getinfo(e->curl, CURLINFO_RESPONSE_CODE, &status);
	return status > 0 ? (unsigned)status : 0;
}

struct easy_times easy_times(const struct easy *e)
{
	struct easy_times t = {0};
	long connects = 0;

	if (!e->begun)
		return t;
	(void)curl_easy_getinfo(e->curl, CURLINFO_NUM_CONNECTS, &connects);
	/* On a connection that was there already no time was spent on it. */
	if (connects > 0) {
		t.connect_us = info_us(e, CURLINFO_APPCONNECT_TIME_T);
		if (t.connect_us == 0)
			t.connect_us = info_us(e, CURLINFO_CONNECT_TIME_T);
	}
	t.answer_us = info_us(e, CURLINFO_STARTTRANSFER_TIME_T);
	t.total_us = info_us(e, CURLINFO_TOTAL_TIME_T);
	return t;
}

void easy_set_route(struct easy *e, const struct target_address *address)
{
	route_format(e->route_text, address, e->plan->at.port);
	e->route.data = e->route_text;
	SET(e, CURLOPT_CONNECT_TO, &e->route);
}

static enum fault or_else(enum fault fault, enum fault fallback)
{
	return fault != FAULT_NONE ? fault : fallback;
}

enum fault easy_fault(const struct easy *e, int code)
{
	enum fault fault;

	if (e->answer.headers_too_large)
		return FAULT_HEADERS_TOO_LARGE;
	if (e->answer.body_cut || e->answer.complete)
		return FAULT_NONE;
	fault = proxy_fault(e, code);
	if (fault != FAULT_NONE)
		return fault;
	switch ((CURLcode)code) {
	case CURLE_OK:
		return FAULT_NONE;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		/* The second also means an answer that is not HTTP/1. */
		return e->opened ? FAULT_ANSWER_MALFORMED : FAULT_URL_REFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return FAULT_RESOLVE;
	case CURLE_COULDNT_CONNECT:
		return e->refused && !e->opened ? FAULT_ADDRESS_REFUSED
						: FAULT_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		/* Reached once there is a connection, TLS included. */
		return info_us(e, CURLINFO_PRETRANSFER_TIME_T) > 0
			   ? FAULT_TIMEOUT
			   : FAULT_CONNECT_TIMEOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
		return or_else(tls_fault(e->error), FAULT_TLS_CERTIFICATE);
	case CURLE_SSL_ISSUER_ERROR:
		return FAULT_TLS_CERTIFICATE;
	case CURLE_SSL_CERTPROBLEM:
		return FAULT_TLS_CLIENT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
		return or_else(tls_fault(e->error), FAULT_TLS);
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return or_else(tls_fault(e->error), FAULT_RESET);
	case CURLE_GOT_NOTHING:
		return FAULT_NO_ANSWER;
	case CURLE_PARTIAL_FILE:
		return FAULT_ANSWER_CUT;
	/* A header line that is longer than libcurl keeps. */
	case CURLE_OUT_OF_MEMORY:
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE:
#endif
		return FAULT_HEADERS_TOO_LARGE;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_HTTP_RETURNED_ERROR:
		return FAULT_ANSWER_MALFORMED;
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return FAULT_HTTP2;
	default:
		return FAULT_INTERNAL;
	}
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

static uint64_t time_of(const struct easy *e, CURLINFO info)
{
	curl_off_t us = 0;

	if (e->begun)
		(void)curl_easy_getinfo(e->curl, info, &us);
	return us > 0 ? (uint64_t)us : 0;
}

char *easy_untrace(struct easy *e, size_t *n)
{
	struct msg_trace m = {
	    .lookup_us = time_of(e, CURLINFO_NAMELOOKUP_TIME_T),
	    .tcp_us = time_of(e, CURLINFO_CONNECT_TIME_T),
	    .tls_us = time_of(e, CURLINFO_APPCONNECT_TIME_T),
	    .answer_us = time_of(e, CURLINFO_STARTTRANSFER_TIME_T),
	    .total_us = time_of(e, CURLINFO_TOTAL_TIME_T),
	};
	char *url = NULL;
	struct buf frame;
	size_t at;

	SET(e, CURLOPT_VERBOSE, 0L);
	(void)curl_easy_getinfo(e->curl, CURLINFO_EFFECTIVE_URL, &url);
	m.url = slice_of(url && e->begun ? url : e->plan->webhook->url);
	if (m.url.n > TRACE_URL_BYTES_MAX)
		m.url.n = TRACE_URL_BYTES_MAX;
	trace_fill(e->trace, e->plan->webhook, &m);
	buf_init(&frame, TRACE_BYTES_MAX);
	at = msg_frame_start(&frame, MSG_trace, 0, 0);
	msg_encode_trace(&frame, &m);
	msg_frame_finish(&frame, at, 1);
	must(!buf_full(&frame));
	trace_free(&e->trace);
	return buf_take(&frame, n);
}
