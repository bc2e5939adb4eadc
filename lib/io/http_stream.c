/*
 * http_stream - answers that go on: server-sent events.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/http_private.h"
#include "io/http_queue.h"

#define STREAM_BLOCK_BYTES 4096

struct http_stream {
	struct http_request *req; /* NULL once it has gone */
	struct http_queue queue;
	bool ended; /* by us */
	bool cut;   /* by the client */
	int fd;	    /* owned duplicate, to see the client leave */
	uv_poll_t watch;
	void (*on_close)(void *arg);
	void *arg;
};

static ssize_t on_stream_read(void *arg, uint64_t position, char *out,
			      size_t max)
{
	struct http_stream *s = arg;

	(void)position;
	if (s->cut)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (!http_queue_is_empty(&s->queue))
		return (ssize_t)http_queue_pull(&s->queue, out, max);
	if (s->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	s->req->suspended = true;
	MHD_suspend_connection(s->req->connection);
	return 0;
}

/* MHD does not look at suspended connections, so this is how a client that
 * leaves a quiet stream is noticed. */
static void on_client_left(uv_poll_t *watch, int status, int events)
{
	struct http_stream *s = watch->data;

	(void)status;
	(void)events;
	uv_poll_stop(watch);
	s->cut = true;
	if (s->req)
		http_request_resume(s->req);
}

static void stream_watch(struct http_stream *s)
{
	s->fd = fcntl(s->req->client->fd, F_DUPFD_CLOEXEC, 0);
	if (s->fd < 0)
		return;
	must(uv_poll_init(s->req->server->loop, &s->watch, s->fd) == 0);
	s->watch.data = s;
	must(uv_poll_start(&s->watch, UV_DISCONNECT, on_client_left) == 0);
}

struct http_stream *http_stream_start(struct http_request *req,
				      size_t buffer_bytes_max,
				      void (*on_close)(void *arg), void *arg)
{
	struct http_stream *s;
	struct MHD_Response *response;

	if (!req->connection) {
		http_request_answer(req, 0, NULL);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->req = req;
	s->on_close = on_close;
	s->arg = arg;
	http_queue_init(&s->queue, buffer_bytes_max);
	stream_watch(s);
	response = MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, on_stream_read, s, NULL);
	must(response);
	http_response_header(response, "Content-Type", "text/event-stream");
	http_response_header(response, "Cache-Control", "no-store");
	http_response_header(response, "X-Accel-Buffering", "no");
	req->stream = s;
	http_request_answer(req, 200, response);
	return s;
}

static void stream_free(struct http_stream *s)
{
	http_queue_fini(&s->queue);
	free(s);
}

static void on_watch_closed(uv_handle_t *watch)
{
	stream_free(watch->data);
}

void http_stream_gone(struct http_stream *s)
{
	s->req = NULL;
	if (s->on_close)
		s->on_close(s->arg);
	if (s->fd < 0) {
		stream_free(s);
		return;
	}
	uv_close((uv_handle_t *)&s->watch, on_watch_closed);
	close(s->fd);
}

void http_stream_send(struct http_stream *s, struct slice bytes)
{
	if (!s->req || s->cut || s->ended)
		return;
	if (http_queue_push(&s->queue, bytes))
		http_request_resume(s->req);
}

void http_stream_ping(struct http_stream *s)
{
	if (http_queue_is_empty(&s->queue))
		http_stream_send(s, SLICE_LIT(":\n\n"));
}

void http_stream_end(struct http_stream *s)
{
	s->ended = true;
	if (s->req)
		http_request_resume(s->req);
}
