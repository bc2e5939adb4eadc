/*
 * http_server - HTTP in, on the loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The body is read whole, up to a limit, before the handler runs. The handler
 * answers at once or keeps the request and answers later, always exactly once.
 * A client that goes away first is no concern of the handler's: the answer is
 * then dropped. Idle and slow clients are dropped after idle_timeout_s.
 */
#ifndef IO_HTTP_SERVER_H
#define IO_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"
#include "base/slice.h"

struct http_server;
struct http_request;

struct http_server_options {
	const char *bind;      /* "127.0.0.1:8080", "[::1]:0" */
	size_t body_bytes_max; /* beyond: 413, the handler is not called */
	unsigned connections_max;
	unsigned idle_timeout_s;
	void (*handler)(void *arg, struct http_request *req);
	void *arg; /* borrowed */
};

/* ERR_IO with a text that names the address. */
MUST_CHECK enum err http_server_open(struct http_server **s, uv_loop_t *loop,
				     const struct http_server_options *options,
				     char *error, size_t error_size);
/* Open requests are dropped; http_reply on them is still allowed until the
 * handle is freed by the loop. */
void http_server_close(struct http_server **s);
unsigned http_server_port(const struct http_server *s);

/* Views that live until http_reply. */
const char *http_method(const struct http_request *req);
const char *
http_path(const struct http_request *req); /* percent-decoded, no query */
const char *
http_raw_target(const struct http_request *req); /* as sent, with query */
const char *http_header(const struct http_request *req,
			const char *name); /* or NULL */
/* NULL when absent; "" when it stands without a value. Percent-decoded. */
const char *http_query(const struct http_request *req, const char *name);
struct slice http_body(const struct http_request *req);
void http_each_header(const struct http_request *req,
		      void (*fn)(void *arg, const char *name,
				 const char *value),
		      void *arg);
void http_each_query(const struct http_request *req,
		     void (*fn)(void *arg, const char *name, const char *value),
		     void *arg);

/* For handlers that keep the request. */
void http_set_data(struct http_request *req, void *data);
void *http_data(const struct http_request *req);

/* headers: NULL or pairs name, value, …, NULL. Copies everything; req is gone
 * afterwards. */
void http_reply(struct http_request *req, unsigned status,
		const char *content_type, struct slice body,
		const char *const *headers);
/* RFC 9457: {"type":"about:blank","title","status","code","detail"[,"field"]}.
 */
void http_problem(struct http_request *req, unsigned status, const char *code,
		  const char *field, const char *detail,
		  const char *const *headers);

/* Server-sent events: answers 200 text/event-stream and keeps the stream open.
 * Each stream buffers at most buffer_bytes_max; what does not fit is dropped
 * and counted as an event "dropped". on_close is called exactly once, when the
 * client has gone or the server closes; the stream is gone after it. NULL, and
 * no on_close, when the server was closed before. */
struct http_stream;
struct http_stream *http_stream_start(struct http_request *req,
				      size_t buffer_bytes_max,
				      void (*on_close)(void *arg), void *arg);
void http_stream_send(struct http_stream *s, struct slice bytes);
void http_stream_end(struct http_stream *s);

#endif
