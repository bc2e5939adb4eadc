/*
 * http_server - HTTP in, on the loop. With http_request and http_stream the
 * one home of MHD_*.
 * SPDX-License-Identifier: Apache-2.0
 *
 * libmicrohttpd runs without threads: its epoll descriptor is polled by the
 * loop and MHD_run() does the rest. Inside it our callbacks may be running, so
 * nothing else ever calls it. A request that is answered later sits in a
 * suspended connection; answering resumes it, which makes the descriptor
 * readable.
 *
 * A request is owned by its connection and by the handler that holds it, and
 * goes when both have let go.
 */
#include "io/http_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/http_listen.h"
#include "io/http_private.h"

/* Enough for the headers of a request; an idle connection touches little of it.
 */
#define POOL_BYTES 16384
/* What is still read of a body that is too large, so that the client gets to
 * read its 413 instead of a reset. */
#define DISCARD_BYTES_MAX (1024 * 1024)
#define SWEEP_MS 2000
/* An open stream says so now and then, for proxies on the way. */
#define STREAM_PING_SWEEPS 8
/* Each part of an exchange may take this many idle time-outs: one drop a second
 * keeps a connection from being idle, but not for ever. */
#define SLOW_FACTOR 4

static void on_sweep(uv_timer_t *timer);

/* Requests. */

static struct client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* Begins the next part of an exchange, or with 0 one that takes its time. */
static void client_clock(struct client *c, uint64_t now_ms)
{
	if (c)
		c->since_ms = now_ms;
}

/* The request line has arrived. */
static void *on_target(void *arg, const char *target,
		       struct MHD_Connection *connection)
{
	struct http_server *s = arg;
	struct http_request *req = xcalloc(1, sizeof(*req));

	req->server = s;
	req->connection = connection;
	req->client = client_of(connection);
	req->target = xstrdup(target);
	buf_init(&req->body, s->o.body_bytes_max);
	list_push(&s->requests, &req->node);
	client_clock(req->client, uv_now(s->loop));
	return req;
}

static void on_completed(void *arg, struct MHD_Connection *connection,
			 void **context, enum MHD_RequestTerminationCode code)
{
	struct http_request *req = *context;

	(void)arg;
	(void)connection;
	(void)code;
	if (!req)
		return;
	*context = NULL;
	client_clock(req->client, uv_now(req->server->loop));
	req->connection = NULL;
	req->client = NULL;
	req->path = req->method = "";
	if (req->stream)
		http_stream_gone(req->stream);
	if (!req->held)
		http_request_free(req);
}

static void on_connection(void *arg, struct MHD_Connection *connection,
			  void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = arg;
	struct client *c = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		c = xcalloc(1, sizeof(*c));
		c->fd = MHD_get_connection_info(
			    connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			    ->connect_fd;
		c->since_ms = uv_now(s->loop);
		list_push(&s->connections, &c->node);
		if (!uv_is_active((uv_handle_t *)&s->sweep))
			uv_timer_start(&s->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
		*context = c;
	} else if (c) {
		list_remove(&c->node);
		free(c);
		*context = NULL;
		/* A full MHD listens again only at its next turn. */
		s->again = true;
	}
}

static enum MHD_Result queue_response(struct http_request *req)
{
	enum MHD_Result ok =
	    MHD_queue_response(req->connection, req->status, req->response);

	MHD_destroy_response(req->response);
	req->response = NULL;
	client_clock(req->client, req->stream ? 0 : uv_now(req->server->loop));
	return ok;
}

static void refuse(struct http_request *req, unsigned status, const char *code,
		   const char *detail)
{
	req->handed = true;
	req->held = true;
	http_problem(req, status, code, NULL, detail, NULL);
}

static void refuse_too_large(struct http_request *req)
{
	char detail[80];

	snprintf(detail, sizeof(detail), "the body is larger than %zu bytes",
		 req->server->o.body_bytes_max);
	refuse(req, 413, "too_large", detail);
}

/* A large body that is announced is not even asked for. */
static void check_length(struct http_request *req)
{
	const char *length = http_header(req, "Content-Length");
	uint64_t n;

	if (!length || !slice_parse_u64(slice_of(length), &n) ||
	    n <= req->server->o.body_bytes_max)
		return;
	req->too_large = true;
	if (n > DISCARD_BYTES_MAX || http_header(req, "Expect"))
		refuse_too_large(req);
}

static enum MHD_Result begin(struct http_request *req, const char *url,
			     const char *method)
{
	req->begun = true;
	req->path = url;
	req->method = method;
	/* MHD would show the path only up to the NUL. */
	if (strstr(req->target, "%00"))
		refuse(req, 400, "malformed", "the target holds a NUL");
	else
		check_length(req);
	return req->response ? queue_response(req) : MHD_YES;
}

static enum MHD_Result take_upload(struct http_request *req, const char *bytes,
				   size_t n)
{
	if (!req->too_large) {
		buf_append(&req->body, bytes, n);
		if (!buf_full(&req->body))
			return MHD_YES;
		req->too_large = true;
		buf_fini(&req->body);
		buf_init(&req->body, 0);
	}
	req->discarded += n;
	return req->discarded <= DISCARD_BYTES_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result finish(struct http_request *req)
{
	struct http_server *s = req->server;

	if (!req->handed && req->too_large) {
		refuse_too_large(req);
	} else if (!req->handed) {
		req->handed = true;
		req->held = true;
		client_clock(req->client, 0);
		s->o.handler(s->o.arg, req);
	}
	if (req->response)
		return queue_response(req);
	if (!s->daemon)
		return MHD_NO;
	req->suspended = true;
	MHD_suspend_connection(req->connection);
	return MHD_YES;
}

static enum MHD_Result on_access(void *arg, struct MHD_Connection *connection,
				 const char *url, const char *method,
				 const char *version, const char *upload,
				 size_t *upload_bytes, void **context)
{
	struct http_request *req = *context;
	size_t n = *upload_bytes;

	(void)arg;
	(void)connection;
	(void)version;
	if (!req->begun)
		return begin(req, url, method);
	if (n == 0)
		return finish(req);
	*upload_bytes = 0;
	return take_upload(req, upload, n);
}

/* The loop's side. */

static void run(struct http_server *s);

static void on_timeout(uv_timer_t *timer)
{
	run(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

static void run(struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	must(!s->running);
	s->again = false;
	s->running = true;
	MHD_run(s->daemon);
	s->running = false;
	if (s->again)
		uv_timer_start(&s->timeout, on_timeout, 0, 0);
	else if (MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES)
		uv_timer_start(&s->timeout, on_timeout, wait_ms, 0);
	else
		uv_timer_stop(&s->timeout);
}

/* MHD does not make its descriptor readable for what we do between its turns.
 */
void http_server_run_again(struct http_server *s)
{
	s->again = true;
	if (!s->running && s->daemon)
		uv_timer_start(&s->timeout, on_timeout, 0, 0);
}

static void sweep_clients(struct http_server *s)
{
	uint64_t now_ms = uv_now(s->loop);
	uint64_t max_ms = (uint64_t)s->o.idle_timeout_s * 1000 * SLOW_FACTOR;

	LIST_FOREACH (node, &s->connections) {
		struct client *c = container_of(node, struct client, node);

		if (c->since_ms > 0 && now_ms - c->since_ms > max_ms) {
			/* MHD finds it closed and cleans up. */
			shutdown(c->fd, SHUT_RDWR);
			c->since_ms = now_ms;
		}
	}
}

static void on_sweep(uv_timer_t *timer)
{
	struct http_server *s = timer->data;

	sweep_clients(s);
	if (list_empty(&s->connections))
		uv_timer_stop(timer);
	if (++s->sweeps % STREAM_PING_SWEEPS != 0)
		return;
	LIST_FOREACH (node, &s->requests) {
		struct http_request *req =
		    container_of(node, struct http_request, node);

		if (req->stream && req->connection)
			http_stream_ping(req->stream);
	}
}

/* Open and close. */

static struct MHD_Daemon *start_daemon(struct http_server *s, int fd)
{
	return MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access,
	    s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    s->o.connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
	    s->o.idle_timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)POOL_BYTES, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
	    MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
}

static void start_handles(struct http_server *s)
{
	int fd =
	    MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;

	must(uv_poll_init(s->loop, &s->poll, fd) == 0);
	must(uv_timer_init(s->loop, &s->timeout) == 0);
	must(uv_timer_init(s->loop, &s->sweep) == 0);
	s->poll.data = s->timeout.data = s->sweep.data = s;
	s->handles = 3;
	must(uv_poll_start(&s->poll, UV_READABLE, on_readable) == 0);
}

enum err http_server_open(struct http_server **out, uv_loop_t *loop,
			  const struct http_server_options *options,
			  char *error, size_t error_size)
{
	struct http_server *s;
	unsigned port;
	int fd;

	if (http_listen(options->bind, &fd, &port, error, error_size) != ERR_OK)
		return ERR_IO;
	s = xcalloc(1, sizeof(*s));
	s->loop = loop;
	s->o = *options;
	s->o.bind = NULL;
	s->port = port;
	list_init(&s->connections);
	list_init(&s->requests);
	s->daemon = start_daemon(s, fd);
	if (!s->daemon) {
		snprintf(error, error_size, "cannot serve HTTP on %s",
			 options->bind);
		close(fd);
		free(s);
		return ERR_IO;
	}
	start_handles(s);
	*out = s;
	return ERR_OK;
}

unsigned http_server_port(const struct http_server *s)
{
	return s->port;
}

static void on_closed(uv_handle_t *handle)
{
	struct http_server *s = handle->data;
	struct list *node;

	if (--s->handles > 0)
		return;
	/* Requests that their handlers never answered. */
	while ((node = list_first(&s->requests)))
		http_request_free(
		    container_of(node, struct http_request, node));
	free(s);
}

void http_server_close(struct http_server **sp)
{
	struct http_server *s = *sp;
	struct MHD_Daemon *daemon;

	if (!s)
		return;
	*sp = NULL;
	must(!s->running);
	/* Off the loop before MHD closes the descriptor. */
	uv_close((uv_handle_t *)&s->poll, on_closed);
	uv_close((uv_handle_t *)&s->timeout, on_closed);
	uv_close((uv_handle_t *)&s->sweep, on_closed);
	daemon = s->daemon;
	s->daemon = NULL;
	/* MHD refuses to stop while connections are suspended. */
	LIST_FOREACH (node, &s->requests) {
		http_request_resume(
		    container_of(node, struct http_request, node));
	}
	MHD_stop_daemon(daemon);
}
