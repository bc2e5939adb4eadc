/*
 * http - POST /v1/projects/{project}/events.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

#include "ingest.h"
#include "reply.h"

#define REPLY_BYTES_MAX (64 * 1024)
#define PROBLEM_TEXT_SIZE (FAULT_FIELD_SIZE + FAULT_MESSAGE_SIZE + 32)
#define BUSY_STATUS_ROOM 429
#define PATH_FRONT "/v1/projects/"
#define PATH_BACK "/events"

struct waiter {
	struct ingest *ingest;
	struct http_request *req;
};

/* Redis away is our trouble (503); too much waiting is theirs (429). */
static unsigned status_of(const struct ingest *in, const struct fault *f)
{
	if (f->code == FAULT_BUSY && append_is_up(in->append) &&
	    f->retry_after_ms < 1000)
		return BUSY_STATUS_ROOM;
	return fault_http_status(f->code);
}

static void answer_fault(struct ingest *in, struct http_request *req,
			 const struct fault *f)
{
	char text[PROBLEM_TEXT_SIZE], seconds[24];
	const char *headers[] = {"Retry-After", seconds, NULL};

	ingest_count_refusal(in, f);
	snprintf(seconds, sizeof(seconds), "%" PRIu64,
		 (f->retry_after_ms + 999) / 1000);
	snprintf(text, sizeof(text), "%s%s%s", f->field, f->field[0] ? " " : "",
		 f->message);
	if (f->index > 0)
		snprintf(text, sizeof(text), "message %" PRId64 ": %s%s%s",
			 f->index, f->field, f->field[0] ? " " : "",
			 f->message);
	http_problem(req, status_of(in, f), fault_code_text(f->code),
		     f->field[0] ? f->field : NULL, text,
		     f->retry_after_ms > 0 ? headers : NULL);
}

static void on_done(struct publication *p, const struct fault *fault)
{
	struct waiter *w = p->origin;
	struct buf b;

	if (fault) {
		answer_fault(w->ingest, w->req, fault);
	} else {
		buf_init(&b, REPLY_BYTES_MAX);
		reply_accepted(&b, ENCODING_JSON, p);
		http_reply(w->req, 202, "application/json", buf_slice(&b),
			   NULL);
		buf_fini(&b);
	}
	free(w);
	publication_free(&p);
}

/* The project of the path; n 0: another path. */
static struct slice path_project(const char *path)
{
	size_t front = sizeof(PATH_FRONT) - 1, back = sizeof(PATH_BACK) - 1;
	size_t n = strlen(path);
	struct slice project = {"", 0};

	if (n <= front + back || strncmp(path, PATH_FRONT, front) != 0 ||
	    strcmp(path + n - back, PATH_BACK) != 0)
		return project;
	project = slice_bytes(path + front, n - front - back);
	if (memchr(project.p, '/', project.n))
		project.n = 0;
	return project;
}

/* Takes as long whatever the first difference is. */
static bool same_secret(struct slice a, const char *secret)
{
	size_t n = strlen(secret);
	unsigned char differs = a.n != n;

	for (size_t i = 0; i < a.n; i++)
		differs |= (unsigned char)(a.p[i] ^ secret[n ? i % n : 0]);
	return differs == 0;
}

enum access { ACCESS_NONE, ACCESS_OTHER_PROJECT, ACCESS_GRANTED };

static enum access access_of(struct ingest *in, struct http_request *req,
			     struct slice project)
{
	const char *admin = service_common(in->run)->admin_key;
	const char *header = http_header(req, "Authorization");
	const struct api_key *key;
	struct slice token;

	if (!header || !slice_eq_nocase(slice_bytes(header, strnlen(header, 7)),
					SLICE_LIT("Bearer ")))
		return ACCESS_NONE;
	token = slice_of(header + 7);
	if (admin && admin[0] && same_secret(token, admin))
		return ACCESS_GRANTED;
	key = config_key(in->config, token);
	if (!key)
		return ACCESS_NONE;
	return !key->project || slice_eq_str(project, key->project)
		   ? ACCESS_GRANTED
		   : ACCESS_OTHER_PROJECT;
}

/* By Content-Type, parameters aside; false: another one. */
static bool content_encoding(const struct http_request *req,
			     enum encoding *encoding)
{
	static const struct {
		const char *type;
		enum encoding encoding;
	} types[] = {
	    {"application/json", ENCODING_JSON},
	    {"application/msgpack", ENCODING_MSGPACK},
	    {"application/vnd.msgpack", ENCODING_MSGPACK},
	    {"application/x-msgpack", ENCODING_MSGPACK},
	};
	const char *header = http_header(req, "Content-Type");
	struct slice type = slice_of(header ? header : "application/json");

	type.n = strcspn(type.p ? type.p : "", "; \t");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (slice_eq_nocase(type, slice_of(types[i].type))) {
			*encoding = types[i].encoding;
			return true;
		}
	}
	return false;
}

static void take(struct ingest *in, struct http_request *req,
		 enum encoding encoding, struct slice project)
{
	const struct arrival arrival = {
	    .encoding = encoding, .body = http_body(req), .project = project};
	struct publication *p;
	struct waiter *w;
	struct fault fault;

	if (!ingest_read(in, &arrival, &fault)) {
		answer_fault(in, req, &fault);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->ingest = in;
	w->req = req;
	/* The server keeps the body until the answer. */
	p = publication_new(in->request, on_done, w,
			    sizeof(*w) + http_body(req).n);
	if (ingest_publish(in, p, &fault))
		return;
	publication_free(&p);
	free(w);
	answer_fault(in, req, &fault);
}

/* What HTTP has to say before the body counts; true when it is to be taken. */
static bool admit(struct ingest *in, struct http_request *req,
		  struct slice project, enum encoding *encoding)
{
	static const char *const ask[] = {"WWW-Authenticate", "Bearer", NULL};
	static const char *const allow[] = {"Allow", "POST", NULL};
	enum access access;
	struct fault fault;

	if (project.n == 0) {
		http_problem(req, 404, "not_found", NULL, "no such resource",
			     NULL);
		return false;
	}
	if (strcmp(http_method(req), "POST") != 0) {
		http_problem(req, 405, "method_not_allowed", NULL,
			     "only POST is allowed", allow);
		return false;
	}
	if (!config_loaded(in->config)) {
		fault = fault_of(FAULT_BUSY, "starting");
		fault.retry_after_ms = 1000;
		answer_fault(in, req, &fault);
		return false;
	}
	access = access_of(in, req, project);
	if (access == ACCESS_NONE) {
		http_problem(req, 401, "unauthorized", NULL,
			     "a valid API key is needed", ask);
		return false;
	}
	if (access == ACCESS_OTHER_PROJECT) {
		http_problem(req, 403, "forbidden", NULL,
			     "the key is another project's", NULL);
		return false;
	}
	if (!config_project(in->config, project)) {
		fault =
		    fault_of(FAULT_UNKNOWN_PROJECT, "there is no such project");
		answer_fault(in, req, &fault);
		return false;
	}
	if (!content_encoding(req, encoding)) {
		http_problem(req, 415, "unsupported_media_type", NULL,
			     "must be application/json or application/msgpack",
			     NULL);
		return false;
	}
	return true;
}

void http_on_request(void *arg, struct http_request *req)
{
	struct ingest *in = arg;
	struct slice project = path_project(http_path(req));
	enum encoding encoding;

	if (admit(in, req, project, &encoding))
		take(in, req, encoding, project);
	request_release(in->request);
}
