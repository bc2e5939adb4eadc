/*
 * http_client - HTTP out of the command line. Its one home of curl_*.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http_client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TIMEOUT_MS 60000

struct http_client {
	CURL *easy;
	char *base_url; /* owned, without a slash at its end */
	struct curl_slist *headers;
	long timeout_ms;
};

struct transfer {
	struct http_client *client; /* borrowed */
	struct http_answer *answer; /* borrowed */
	bool (*on_bytes)(void *arg, struct slice bytes);
	void *arg;
	bool enough; /* on_bytes has said so */
};

static void add_header(struct http_client *c, const char *text)
{
	struct curl_slist *longer = curl_slist_append(c->headers, text);

	must(longer);
	c->headers = longer;
}

struct http_client *http_client_new(const char *base_url, const char *key)
{
	struct http_client *c = xcalloc(1, sizeof(*c));
	size_t n = strlen(base_url);

	must(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
	c->easy = curl_easy_init();
	must(c->easy);
	while (n && base_url[n - 1] == '/')
		n--;
	c->base_url = xstrndup(base_url, n);
	c->timeout_ms = TIMEOUT_MS;
	add_header(c, "Content-Type: application/json");
	add_header(c, "Expect:");
	if (key) {
		char *line = xasprintf("Authorization: Bearer %s", key);

		add_header(c, line);
		free(line);
	}
	return c;
}

void http_client_free(struct http_client **c)
{
	if (!*c)
		return;
	curl_slist_free_all((*c)->headers);
	curl_easy_cleanup((*c)->easy);
	free((*c)->base_url);
	free(*c);
	*c = NULL;
}

void http_client_limit(struct http_client *c, long timeout_ms)
{
	c->timeout_ms = timeout_ms;
}

void http_answer_fini(struct http_answer *answer)
{
	buf_fini(&answer->body);
}

static size_t on_write(char *p, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t n = size * count;
	long status = 0;

	curl_easy_getinfo(t->client->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t->on_bytes && status == 200) {
		t->enough = !t->on_bytes(t->arg, slice_bytes(p, n));
		return t->enough ? 0 : n;
	}
	buf_append(&t->answer->body, p, n);
	return buf_full(&t->answer->body) ? 0 : n;
}

static void set_up(struct http_client *c, const char *method, const char *url,
		   struct slice body)
{
	CURL *e = c->easy;

	curl_easy_reset(e);
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "postrider/" POSTRIDER_VERSION);
	/* The own system is not reached through somebody's proxy. */
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, method);
	/* A body is promised, and does not come. */
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	if (!body.p)
		return;
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, body.p);
}

static bool perform(struct transfer *t, const char *method, const char *path,
		    struct slice body, long timeout_ms)
{
	CURL *e = t->client->easy;
	char *url = xasprintf("%s%s", t->client->base_url, path);
	char text[CURL_ERROR_SIZE] = "";
	CURLcode rc;

	*t->answer = (struct http_answer){0};
	buf_init(&t->answer->body, HTTP_ANSWER_BYTES_MAX);
	set_up(t->client, method, url, body);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, text);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	rc = curl_easy_perform(e);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &t->answer->status);
	free(url);
	if (rc == CURLE_OK || t->enough)
		return true;
	t->answer->bad_url =
	    rc == CURLE_URL_MALFORMAT || rc == CURLE_UNSUPPORTED_PROTOCOL;
	snprintf(t->answer->error, sizeof(t->answer->error), "%s",
		 text[0] ? text : curl_easy_strerror(rc));
	return false;
}

bool http_client_call(struct http_client *c, const char *method,
		      const char *path, struct slice body,
		      struct http_answer *answer)
{
	struct transfer t = {.client = c, .answer = answer};

	return perform(&t, method, path, body, c->timeout_ms);
}

bool http_client_pass(struct http_client *c, const char *method,
		      const char *path, const char *const *headers, size_t n,
		      struct slice body, struct http_answer *answer)
{
	struct curl_slist *own = c->headers;
	bool done;

	c->headers = NULL;
	/* None of curl's own: only those that came. */
	add_header(c, "Expect:");
	add_header(c, "Accept:");
	add_header(c, "Content-Type:");
	add_header(c, "User-Agent:");
	for (size_t i = 0; i < n; i++)
		add_header(c, headers[i]);
	done = http_client_call(c, method, path, body, answer);
	curl_slist_free_all(c->headers);
	c->headers = own;
	return done;
}

bool http_client_stream(struct http_client *c, const char *path,
			bool (*on_bytes)(void *arg, struct slice bytes),
			void *arg, struct http_answer *answer)
{
	struct transfer t = {
	    .client = c, .answer = answer, .on_bytes = on_bytes, .arg = arg};

	return perform(&t, "GET", path, (struct slice){0}, 0);
}
