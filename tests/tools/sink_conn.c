/*
 * sink_conn - one connection of the receiver: bytes in, requests, bytes out.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sink_conn.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sink_answer.h"
#include "sink_control.h"

#define READ_BYTES 65536
#define SLOW_READ_BYTES 64
#define SLOW_READ_MS 1000
#define TLS_BYTES_MAX (1024 * 1024)
#define ANSWER_BYTES_MAX (512 * 1024 * 1024)

/* A write the kernel did not take at once. */
struct write {
	uv_write_t req;
	char bytes[];
};

static void conn_free(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	if (--c->handles > 0)
		return;
	c->sink->conns_open--;
	tls_free(&c->tls);
	buf_fini(&c->in);
	buf_fini(&c->kept_head);
	buf_fini(&c->kept_body);
	buf_fini(&c->answer);
	free(c);
}

/* True when the connection was open until now. */
static bool conn_leave(struct conn *c)
{
	if (c->state == CONN_CLOSED)
		return false;
	if (c->path && c->state != CONN_HEAD)
		c->path->in_flight--;
	c->state = CONN_CLOSED;
	list_remove(&c->node);
	uv_close((uv_handle_t *)&c->timer, conn_free);
	return true;
}

void conn_close(struct conn *c)
{
	if (conn_leave(c))
		uv_close((uv_handle_t *)&c->tcp, conn_free);
}

void conn_reset(struct conn *c)
{
	if (conn_leave(c) && uv_tcp_close_reset(&c->tcp, conn_free) != 0)
		uv_close((uv_handle_t *)&c->tcp, conn_free);
}

void conn_later(struct conn *c, uint64_t ms, uv_timer_cb fn)
{
	/* Between reads the loop's idea of now may be old. */
	uv_update_time(c->sink->loop);
	uv_timer_start(&c->timer, fn, ms, 0);
}

static void on_written(uv_write_t *req, int status)
{
	struct conn *c = req->handle->data;

	free(container_of(req, struct write, req));
	if (status != 0 || (c->close_wanted && c->state == CONN_HEAD))
		conn_close(c);
}

static void send_raw(struct conn *c, struct slice bytes)
{
	uv_buf_t b = uv_buf_init((char *)(uintptr_t)bytes.p, (unsigned)bytes.n);
	int n = uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
	struct write *w;

	if (n < 0 && n != UV_EAGAIN) {
		conn_close(c);
		return;
	}
	if (n > 0) {
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	if (bytes.n == 0)
		return;
	w = xmalloc(sizeof(*w) + bytes.n);
	memcpy(w->bytes, bytes.p, bytes.n);
	b = uv_buf_init(w->bytes, (unsigned)bytes.n);
	if (uv_write(&w->req, (uv_stream_t *)&c->tcp, &b, 1, on_written) != 0) {
		free(w);
		conn_close(c);
	}
}

void conn_send(struct conn *c, struct slice bytes)
{
	struct buf out;

	if (c->state == CONN_CLOSED)
		return;
	if (!c->tls) {
		send_raw(c, bytes);
		return;
	}
	buf_init(&out, ANSWER_BYTES_MAX);
	if (tls_send(c->tls, bytes, &out) == ERR_OK)
		send_raw(c, buf_slice(&out));
	else
		conn_close(c);
	buf_fini(&out);
}

static void on_streamed(uv_write_t *req, int status)
{
	struct conn *c = req->handle->data;

	c->writing = false;
	if (status != 0)
		conn_close(c);
	else if (c->state != CONN_CLOSED)
		c->streamed(c);
}

void conn_stream(struct conn *c, struct slice bytes,
		 void (*streamed)(struct conn *c))
{
	uv_buf_t b;

	must(!c->writing);
	c->streamed = streamed;
	c->position += bytes.n;
	if (c->tls) {
		buf_reset(&c->answer);
		if (tls_send(c->tls, bytes, &c->answer) != ERR_OK) {
			conn_close(c);
			return;
		}
		bytes = buf_slice(&c->answer);
	}
	b = uv_buf_init((char *)(uintptr_t)bytes.p, (unsigned)bytes.n);
	c->writing = true;
	if (uv_write(&c->stream_req, (uv_stream_t *)&c->tcp, &b, 1,
		     on_streamed) != 0)
		conn_close(c);
}

static void on_input(struct conn *c, struct slice in);

/* A client that does not wait for the answer has sent its next request. */
static void on_leftover(uv_timer_t *timer)
{
	on_input(timer->data, (struct slice){NULL, 0});
}

void conn_answered(struct conn *c)
{
	const struct behaviour *fault = c->fault;

	if (c->state == CONN_CLOSED)
		return;
	if (c->path)
		c->path->in_flight--;
	c->state = CONN_HEAD;
	c->path = NULL;
	c->requests++;
	if (fault && fault->close_after && c->requests >= fault->close_after)
		c->close_wanted = true;
	if (c->close_wanted &&
	    uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) == 0)
		conn_close(c);
	else if (c->in.n)
		conn_later(c, 0, on_leftover);
}

/* The request is whole: record it, then answer. */
static void on_request(struct conn *c)
{
	uint64_t us = wall_us();

	c->state = CONN_BUSY;
	if (c->control) {
		control_answer(c);
		return;
	}
	records_add(&c->sink->records, c->receipt, c->head.id, c->path, us);
	if (c->sink->records.kept_max)
		records_keep(&c->sink->records, c->path, us, &c->kept_head,
			     &c->kept_body);
	answer_start(c);
}

/* Whether this request of its path meets the fault. */
static const struct behaviour *decide(const struct conn *c)
{
	const struct sink *s = c->sink;
	const struct behaviour *b =
	    c->path->ruled ? &c->path->rule : &s->general;

	if (b->every > 1 && c->path->requests % b->every != 0)
		return &s->plain;
	if (b->tries && c->receipt && c->receipt->begun > b->tries)
		return &s->plain;
	return b;
}

static void on_head(struct conn *c)
{
	struct sink *s = c->sink;
	struct slice path = request_path(&c->head);

	c->close_wanted = c->head.close;
	c->body_left = c->head.body_bytes;
	c->state = CONN_BODY;
	c->receipt = NULL;
	c->path = NULL;
	c->fault = NULL;
	c->control = path.n > 1 && path.p[1] == '_';
	if (!c->control) {
		c->path = records_path(&s->records, path);
		c->path->requests++;
		if (++c->path->in_flight > c->path->in_flight_max)
			c->path->in_flight_max = c->path->in_flight;
		if (c->head.id.n) {
			c->receipt =
			    records_receipt(&s->records, c->head.id, c->path);
			c->receipt->begun++;
		}
		c->fault = decide(c);
	}
	if (c->head.expect)
		conn_send(c, SLICE_LIT("HTTP/1.1 100 Continue\r\n\r\n"));
	if (c->fault && c->fault->action == ACTION_CLOSE_HEADERS)
		conn_close(c);
	else if (c->body_left == 0)
		on_request(c);
}

/* The head's bytes are kept until the request is whole, for its id and target.
 */
static size_t take_head(struct conn *c, struct slice in)
{
	enum err e = request_parse(in, &c->head);

	if (e == ERR_AGAIN)
		return 0;
	if (e != ERR_OK || c->head.chunked) {
		conn_close(c);
		return in.n;
	}
	if (c->head.body_bytes > in.n - c->head.length ||
	    c->sink->records.kept_max) {
		/* The input will not stay: let the slices point to a copy. */
		buf_reset(&c->kept_head);
		buf_reset(&c->kept_body);
		buf_append(&c->kept_head, in.p, c->head.length);
		if (request_parse(buf_slice(&c->kept_head), &c->head) !=
		    ERR_OK) {
			conn_close(c);
			return in.n;
		}
	}
	on_head(c);
	return c->head.length;
}

static size_t take_body(struct conn *c, struct slice in)
{
	size_t n = in.n < c->body_left ? in.n : (size_t)c->body_left;

	if (c->sink->records.kept_max && !c->control)
		buf_append(&c->kept_body, in.p, n);
	c->body_left -= n;
	if (c->body_left == 0)
		on_request(c);
	return n;
}

/* Returns how much of the input is done with. */
static size_t consume(struct conn *c, struct slice in)
{
	size_t used = 0, n = 1;

	while (n) {
		struct slice rest = {in.p + used, in.n - used};

		n = 0;
		if (c->state == CONN_HEAD && rest.n)
			n = take_head(c, rest);
		else if (c->state == CONN_BODY && rest.n)
			n = take_body(c, rest);
		used += n;
	}
	return used;
}

static void on_input(struct conn *c, struct slice in)
{
	size_t used;

	if (c->in.n) {
		buf_append_slice(&c->in, in);
		in = buf_slice(&c->in);
	}
	used = consume(c, in);
	if (c->state == CONN_CLOSED)
		return;
	if (c->in.n) {
		memmove(c->in.p, c->in.p + used, c->in.n - used);
		c->in.n -= used;
	} else if (used < in.n) {
		buf_append(&c->in, in.p + used, in.n - used);
	}
	if (buf_full(&c->in))
		conn_close(c);
}

static void on_tls_input(struct conn *c, struct slice in)
{
	struct buf plain, out;
	enum err e;

	buf_init(&plain, TLS_BYTES_MAX);
	buf_init(&out, TLS_BYTES_MAX);
	e = tls_receive(c->tls, in, &plain, &out);
	if (out.n)
		send_raw(c, buf_slice(&out));
	if (plain.n && c->state != CONN_CLOSED)
		on_input(c, buf_slice(&plain));
	if (e != ERR_OK)
		conn_close(c);
	buf_fini(&plain);
	buf_fini(&out);
}

static bool reads_slowly(const struct conn *c)
{
	return c->state == CONN_BODY && c->fault && c->fault->slow_read;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *b)
{
	struct conn *c = handle->data;

	(void)suggested;
	*b = uv_buf_init(c->sink->in,
			 reads_slowly(c) ? SLOW_READ_BYTES : READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b);

static void on_read_again(uv_timer_t *timer)
{
	struct conn *c = timer->data;

	uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
	struct conn *c = stream->data;

	if (n < 0) {
		conn_close(c);
		return;
	}
	if (c->tls)
		on_tls_input(c, slice_bytes(b->base, (size_t)n));
	else
		on_input(c, slice_bytes(b->base, (size_t)n));
	if (reads_slowly(c)) {
		uv_read_stop(stream);
		conn_later(c, SLOW_READ_MS, on_read_again);
	}
}

static struct conn *conn_new(struct sink *sink)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->sink = sink;
	c->handles = 2;
	c->tcp.data = c->timer.data = c;
	uv_tcp_init(sink->loop, &c->tcp);
	uv_timer_init(sink->loop, &c->timer);
	buf_init(&c->in, SINK_HEAD_BYTES_MAX + READ_BYTES);
	buf_init(&c->kept_head, SINK_HEAD_BYTES_MAX + READ_BYTES);
	buf_init(&c->kept_body, SINK_KEPT_BYTES_MAX);
	buf_init(&c->answer, ANSWER_BYTES_MAX);
	if (sink->tls)
		c->tls = tls_new(sink->tls);
	list_push(&sink->conns, &c->node);
	sink->conns_open++;
	sink->conns_total++;
	return c;
}

void conn_accept(struct sink *sink)
{
	struct conn *c = conn_new(sink);

	if (uv_accept((uv_stream_t *)&sink->listener, (uv_stream_t *)&c->tcp) !=
	    0) {
		conn_close(c);
		return;
	}
	uv_tcp_nodelay(&c->tcp, 1);
	uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}
