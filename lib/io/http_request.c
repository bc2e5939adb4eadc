/*
 * http_request - what handlers ask of a request, and its answer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/http_private.h"

void http_request_free(struct http_request *req)
{
	list_remove(&req->node);
	if (req->response)
		MHD_destroy_response(req->response);
	buf_fini(&req->body);
	free(req->target);
	free(req);
}

const char *http_method(const struct http_request *req)
{
	return req->method;
}

const char *http_path(const struct http_request *req)
{
	return req->path;
}

const char *http_raw_target(const struct http_request *req)
{
	return req->target;
}

const char *http_header(const struct http_request *req, const char *name)
{
	if (!req->connection)
		return NULL;
	return MHD_lookup_connection_value(req->connection, MHD_HEADER_KIND,
					   name);
}

const char *http_query(const struct http_request *req, const char *name)
{
	const char *value = NULL;
	size_t n;

	if (!req->connection || MHD_lookup_connection_value_n(
				    req->connection, MHD_GET_ARGUMENT_KIND,
				    name, strlen(name), &value, &n) != MHD_YES)
		return NULL;
	return value ? value : "";
}

struct slice http_body(const struct http_request *req)
{
	return buf_slice(&req->body);
}

struct visitor {
	void (*fn)(void *arg, const char *name, const char *value);
	void *arg;
};

static enum MHD_Result on_pair(void *arg, enum MHD_ValueKind kind,
			       const char *name, const char *value)
{
	const struct visitor *v = arg;

	(void)kind;
	v->fn(v->arg, name, value ? value : "");
	return MHD_YES;
}

static void each_pair(const struct http_request *req, enum MHD_ValueKind kind,
		      struct visitor v)
{
	if (req->connection)
		MHD_get_connection_values(req->connection, kind, on_pair, &v);
}

void http_each_header(const struct http_request *req,
		      void (*fn)(void *arg, const char *name,
				 const char *value),
		      void *arg)
{
	each_pair(req, MHD_HEADER_KIND, (struct visitor){fn, arg});
}

void http_each_query(const struct http_request *req,
		     void (*fn)(void *arg, const char *name, const char *value),
		     void *arg)
{
	each_pair(req, MHD_GET_ARGUMENT_KIND, (struct visitor){fn, arg});
}

void http_set_data(struct http_request *req, void *data)
{
	req->data = data;
}

void *http_data(const struct http_request *req)
{
	return req->data;
}

void http_request_resume(struct http_request *req)
{
	if (!req->suspended)
		return;
	req->suspended = false;
	MHD_resume_connection(req->connection);
	http_server_run_again(req->server);
}

void http_request_answer(struct http_request *req, unsigned status,
			 struct MHD_Response *response)
{
	must(req->held && !req->response);
	req->held = false;
	req->status = status;
	req->response = response;
	if (req->connection)
		http_request_resume(req);
	else
		http_request_free(req);
}

void http_response_header(struct MHD_Response *response, const char *name,
			  const char *value)
{
	/* MHD refuses line breaks; the answer then goes out without it. */
	if (MHD_add_response_header(response, name, value) != MHD_YES)
		return;
}

void http_reply(struct http_request *req, unsigned status,
		const char *content_type, struct slice body,
		const char *const *headers)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    body.n, (void *)(uintptr_t)(body.n ? body.p : ""),
	    MHD_RESPMEM_MUST_COPY);

	must(response);
	if (content_type)
		http_response_header(response, "Content-Type", content_type);
	for (; headers && headers[0]; headers += 2)
		http_response_header(response, headers[0], headers[1]);
	http_request_answer(req, status, response);
}
