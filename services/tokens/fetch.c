/*
 * fetch - one request to a token server.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "curl/dial.h"
#include "curl/transport.h"
#include "net/header_line.h"
#include "net/retry_after.h"
#include "net/url.h"

#define HEADER_BYTES_MAX 65536
#define BODY_BYTES_MAX_READ 65536
#define CONTENT_TYPE_BYTES_MAX 128
/* Connections that are kept for the next request. */
#define CONNECTIONS_MAX 64

#define SET(f, option, value) \
	must(curl_easy_setopt((f)->transport.curl, option, value) == CURLE_OK)

struct fetch {
	struct transport transport;
	struct list node;
	struct fetches *fetches; /* borrowed */
	struct ulid credential;
	char *url;	     /* owned */
	struct url_parts at; /* of url */
	struct question question;
	struct curl_slist *headers; /* owned */
	struct buf body;	    /* wiped: it holds a token */
	size_t header_bytes, content_type_n, retry_after_n;
	char content_type[CONTENT_TYPE_BYTES_MAX];
	char retry_after[RETRY_AFTER_BYTES_MAX];
	bool headers_too_large, cut;
};

struct fetches {
	struct fetches_options options;
	struct transport_options transport_options;
	struct pool *pool;     /* owned */
	struct dialer *dialer; /* owned */
	struct list running;   /* also those that wait for a name */
	struct list failed;    /* could not begin; reported in the next turn */
	size_t n;
};

/* ---- reading the answer ---- */

/* Cut to what is kept. */
static void keep(struct slice value, char *out, size_t max, size_t *n)
{
	*n = value.n < max ? value.n : max;
	memcpy(out, value.p, *n);
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;
	struct slice line = slice_bytes(p, size * n), value;

	f->header_bytes += line.n;
	if (f->header_bytes > HEADER_BYTES_MAX) {
		f->headers_too_large = true;
		return 0;
	}
	/* What an interim answer (1xx) said before it is forgotten. */
	if (line.n > 5 && memcmp(line.p, "HTTP/", 5) == 0)
		f->content_type_n = f->retry_after_n = 0;
	if (header_line_is(line, SLICE_LIT("content-type"), &value))
		keep(value, f->content_type, sizeof(f->content_type),
		     &f->content_type_n);
	else if (header_line_is(line, SLICE_LIT("retry-after"), &value))
		keep(value, f->retry_after, sizeof(f->retry_after),
		     &f->retry_after_n);
	return line.n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct fetch *f = arg;

	buf_append(&f->body, p, size * n);
	f->cut = buf_full(&f->body);
	return f->cut ? 0 : size * n;
}

/* ---- its life ---- */

static void set_options(struct fetch *f)
{
	const struct fetches_options *o = &f->fetches->options;

	SET(f, CURLOPT_URL, f->url);
	SET(f, CURLOPT_TIMEOUT_MS, (long)o->timeout_ms);
	SET(f, CURLOPT_POST, 1L);
	SET(f, CURLOPT_POSTFIELDS, f->question.body.p);
	SET(f, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->question.body.n);
	SET(f, CURLOPT_HTTPHEADER, f->headers);
	SET(f, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	SET(f, CURLOPT_FOLLOWLOCATION, 0L);
	SET(f, CURLOPT_HTTP_VERSION,
	    f->at.https ? (long)CURL_HTTP_VERSION_2TLS
			: (long)CURL_HTTP_VERSION_1_1);
	SET(f, CURLOPT_HEADERFUNCTION, on_header);
	SET(f, CURLOPT_HEADERDATA, f);
	SET(f, CURLOPT_WRITEFUNCTION, on_body);
	SET(f, CURLOPT_WRITEDATA, f);
}

static void add_header(struct fetch *f, const char *line)
{
	struct curl_slist *list = curl_slist_append(f->headers, line);

	must(list);
	f->headers = list;
}

static void set_headers(struct fetch *f)
{
	add_header(f, "Content-Type: application/x-www-form-urlencoded");
	add_header(f, "Accept: application/json");
	add_header(f, "User-Agent: Postrider/" POSTRIDER_VERSION);
	add_header(f, "Expect:");
	if (f->question.authorization)
		add_header(f, f->question.authorization);
}

static void free_headers(struct fetch *f)
{
	for (struct curl_slist *node = f->headers; node; node = node->next)
		explicit_bzero(node->data, strlen(node->data));
	curl_slist_free_all(f->headers);
}

static void fetch_free(struct fetch *f)
{
	list_remove(&f->node);
	f->fetches->n--;
	transport_fini(&f->transport);
	free_headers(f);
	question_fini(&f->question);
	if (f->body.p)
		explicit_bzero(f->body.p, f->body.size);
	buf_fini(&f->body);
	free(f->url);
	free(f);
}

static enum fault fault_of(const struct fetch *f, int code)
{
	if (f->headers_too_large)
		return FAULT_HEADERS_TOO_LARGE;
	if (f->cut)
		return FAULT_NONE;
	return transport_fault(&f->transport, code);
}

static void finish(struct fetch *f, enum fault fault)
{
	const struct fetches_options *o = &f->fetches->options;
	struct fetch_result r = {
	    .fault = fault,
	    .status = transport_status(&f->transport),
	    .content_type = slice_bytes(f->content_type, f->content_type_n),
	    .body = buf_slice(&f->body),
	    .cut = f->cut,
	    .total_us = transport_time_us(&f->transport, CURLINFO_TOTAL_TIME_T),
	};

	if (fault == FAULT_NONE && r.status == 0)
		r.fault = FAULT_NO_ANSWER;
	if (f->retry_after_n > 0)
		r.retry_after_ms = retry_after_parse(
		    slice_bytes(f->retry_after, f->retry_after_n), wall_ms());
	o->on_done(o->arg, &f->credential, &r);
	fetch_free(f);
}

static void on_done(void *arg, void *request, int code)
{
	struct fetch *f = request;

	(void)arg;
	finish(f, fault_of(f, code));
}

static void begin(struct fetch *f)
{
	if (transport_start(&f->transport))
		return;
	list_remove(&f->node);
	list_push(&f->fetches->failed, &f->node);
}

static void on_dialled(void *arg, struct transport *t)
{
	(void)arg;
	begin(container_of(t, struct fetch, transport));
}

void fetch_start(struct fetches *fs, const struct ulid *credential,
		 const char *url, struct question *question)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->fetches = fs;
	f->credential = *credential;
	f->url = xstrdup(url);
	f->question = *question;
	*question = (struct question){0};
	buf_init(&f->body, BODY_BYTES_MAX_READ);
	/* All at once: growing would leave copies of a token behind. */
	(void)buf_reserve(&f->body, BODY_BYTES_MAX_READ);
	transport_init(&f->transport, &fs->transport_options, f);
	list_push(&fs->running, &f->node);
	fs->n++;
	/* Checked when it was saved, and again here: rules may have changed
	 * since, and Redis is not the console. */
	if (url_parse(target_rules_any(fs->options.dev), slice_of(f->url),
		      URL_BYTES_MAX, &f->at)) {
		f->transport.fault = FAULT_URL_REFUSED;
		begin(f);
		return;
	}
	set_headers(f);
	set_options(f);
	if (dialer_ask(fs->dialer, &f->transport, &f->at, 1))
		begin(f);
}

void fetches_turn(struct fetches *fs)
{
	struct list *node;

	while ((node = list_first(&fs->failed))) {
		struct fetch *f = container_of(node, struct fetch, node);

		finish(f, f->transport.fault);
	}
	pool_turn(fs->pool);
}

bool fetches_due(const struct fetches *fs)
{
	return !list_empty(&fs->failed) || pool_is_due(fs->pool);
}

void fetches_trim(struct fetches *fs)
{
	dialer_trim(fs->dialer);
}

size_t fetches_running(const struct fetches *fs)
{
	return fs->n;
}

struct fetches *fetches_new(const struct fetches_options *options, char *error,
			    size_t error_size)
{
	struct fetches *fs;

	if (!transport_global_init(error, error_size))
		return NULL;
	fs = xcalloc(1, sizeof(*fs));
	fs->options = *options;
	list_init(&fs->running);
	list_init(&fs->failed);
	fs->pool = pool_new(options->loop, CONNECTIONS_MAX, on_done, fs);
	fs->transport_options = (struct transport_options){
	    .pool = fs->pool,
	    .rules = options->rules,
	    .sources = options->sources,
	    .proxy = options->proxy,
	    .ca_file = options->ca_file,
	    .dev = options->dev,
	};
	fs->dialer =
	    dialer_new(options->loop, &fs->transport_options, on_dialled, fs);
	return fs;
}

static void give_up(struct list *from)
{
	struct list *node;

	while ((node = list_first(from)))
		fetch_free(container_of(node, struct fetch, node));
}

void fetches_free(struct fetches **fsp)
{
	struct fetches *fs = *fsp;

	if (!fs)
		return;
	give_up(&fs->running);
	give_up(&fs->failed);
	dialer_free(&fs->dialer);
	pool_free(&fs->pool);
	transport_global_fini();
	free(fs);
	*fsp = NULL;
}
