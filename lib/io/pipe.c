/*
 * pipe - a ZeroMQ socket on a libuv loop. The one home of zmq_*.
 * SPDX-License-Identifier: Apache-2.0
 *
 * ZeroMQ tells of news by making ZMQ_FD readable and takes that back as soon as
 * anybody asks it for anything: a receive that finds nothing, a send, a look at
 * the events. So a pipe reads until a receive finds nothing, and after a send
 * it reads once more before the loop may sleep. Both go on in an idle handle,
 * which keeps the loop awake for exactly as long as there is something to look
 * at.
 */
#include "io/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "base/log.h"
#include "base/mem.h"

#define BUDGET_DEFAULT 64
#define MESSAGE_BYTES_DEFAULT (8 * 1024 * 1024 + 64 * 1024)
#define BACKLOG 1024
#define HANDSHAKE_MS 5000
#define RECONNECT_MS 100
#define RECONNECT_MAX_MS 2000
#define CONNECT_MS 3000
/* How long a host that has gone without a word goes unnoticed: 8 s where
 * something is to be sent, 11 s where not. By TCP and not by ZeroMQ's own
 * heartbeats, which would take a slow line with a large message on it, or a
 * peer that is stopped for a while, for a dead one. */
#define SILENT_PEER_MS 8000
#define SILENT_IDLE_S 5
#define SILENT_PROBE_S 2
#define SILENT_PROBES 3
/* Below, a copy costs less than the bookkeeping of a shared block. */
#define OWNED_BYTES_MIN 257
#define ENDPOINT_SIZE 256

struct pipe_context {
	void *zmq; /* owned */
};

struct pipe {
	void *socket; /* owned; NULL once closed */
	struct pipe_options o;
	uv_poll_t poll;
	uv_idle_t again; /* active: look once more before the loop sleeps */
	int handles;
	bool stopped;
	bool reading;		     /* the handler is on the stack */
	uint32_t subscriptions[256]; /* by the topic's first byte */
	uint32_t subscribed_all;     /* to no topic: to all */
	uint64_t dropped;
	char bound[1024]; /* comma-separated */
};

/* One message as libzmq gave it. */
struct parcel {
	zmq_msg_t parts[PIPE_FRAMES_MAX];
	struct slice frames[PIPE_FRAMES_MAX];
	size_t n;
};

struct pipe_context *pipe_context_new(void)
{
	struct pipe_context *c = xcalloc(1, sizeof(*c));

	c->zmq = zmq_ctx_new();
	must(c->zmq);
	zmq_ctx_set(c->zmq, ZMQ_IO_THREADS, 1);
	/* Sockets say themselves how long they linger. */
	zmq_ctx_set(c->zmq, ZMQ_BLOCKY, 0);
	return c;
}

void pipe_context_free(struct pipe_context **c)
{
	if (!*c)
		return;
	while (zmq_ctx_term((*c)->zmq) != 0 && errno == EINTR)
		;
	free(*c);
	*c = NULL;
}

/* Options. */

static void set_int(void *socket, int option, int value)
{
	must(zmq_setsockopt(socket, option, &value, sizeof(value)) == 0);
}

static int zmq_kind(enum pipe_kind kind)
{
	static const int kinds[] = {
	    [PIPE_ROUTER] = ZMQ_ROUTER, [PIPE_DEALER] = ZMQ_DEALER,
	    [PIPE_PULL] = ZMQ_PULL,	[PIPE_PUSH] = ZMQ_PUSH,
	    [PIPE_XPUB] = ZMQ_XPUB,	[PIPE_SUB] = ZMQ_SUB,
	    [PIPE_REQ] = ZMQ_REQ,
	};

	return kinds[kind];
}

static void set_options(struct pipe *p)
{
	int64_t bytes_max = p->o.message_bytes_max;

	if (bytes_max == 0)
		bytes_max = MESSAGE_BYTES_DEFAULT;
	must(zmq_setsockopt(p->socket, ZMQ_MAXMSGSIZE, &bytes_max,
			    sizeof(bytes_max)) == 0);
	set_int(p->socket, ZMQ_SNDHWM, p->o.hwm);
	set_int(p->socket, ZMQ_RCVHWM, p->o.hwm);
	set_int(p->socket, ZMQ_LINGER, 0);
	set_int(p->socket, ZMQ_BACKLOG, BACKLOG);
	set_int(p->socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
	set_int(p->socket, ZMQ_RECONNECT_IVL, RECONNECT_MS);
	set_int(p->socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
	set_int(p->socket, ZMQ_TCP_KEEPALIVE, 1);
	set_int(p->socket, ZMQ_CONNECT_TIMEOUT, CONNECT_MS);
	set_int(p->socket, ZMQ_TCP_KEEPALIVE_IDLE, SILENT_IDLE_S);
	set_int(p->socket, ZMQ_TCP_KEEPALIVE_INTVL, SILENT_PROBE_S);
	set_int(p->socket, ZMQ_TCP_KEEPALIVE_CNT, SILENT_PROBES);
	set_int(p->socket, ZMQ_TCP_MAXRT, SILENT_PEER_MS);
	if (p->o.kind == PIPE_ROUTER) {
		set_int(p->socket, ZMQ_ROUTER_MANDATORY, 1);
		/* A peer that comes back before its old connection is known
		 * to be dead takes its place. */
		set_int(p->socket, ZMQ_ROUTER_HANDOVER, 1);
	}
	if (p->o.identity)
		must(zmq_setsockopt(p->socket, ZMQ_ROUTING_ID, p->o.identity,
				    strlen(p->o.identity)) == 0);
}

/* Reading. */

static void parcel_close(struct parcel *m)
{
	for (size_t i = 0; i < m->n; i++)
		zmq_msg_close(&m->parts[i]);
	m->n = 0;
}

/* Takes what is left of a message that has too many frames. */
static void skip_rest(struct pipe *p)
{
	zmq_msg_t part;
	int more = 1;

	while (more) {
		zmq_msg_init(&part);
		more = zmq_msg_recv(&part, p->socket, ZMQ_DONTWAIT) >= 0 &&
		       zmq_msg_more(&part);
		zmq_msg_close(&part);
	}
}

/* True with a whole message in m, or with none when it had to be dropped; false
 * when there is nothing to read. */
static bool receive(struct pipe *p, struct parcel *m)
{
	bool more = true;

	m->n = 0;
	while (more) {
		zmq_msg_t *part = &m->parts[m->n];

		if (m->n == PIPE_FRAMES_MAX) {
			skip_rest(p);
			parcel_close(m);
			p->dropped++;
			return true;
		}
		zmq_msg_init(part);
		if (zmq_msg_recv(part, p->socket, ZMQ_DONTWAIT) < 0) {
			zmq_msg_close(part);
			parcel_close(m);
			return false;
		}
		m->frames[m->n++] =
		    slice_bytes(zmq_msg_data(part), zmq_msg_size(part));
		more = zmq_msg_more(part);
	}
	return true;
}

static void count_subscription(struct pipe *p, struct slice frame)
{
	uint32_t *count = &p->subscribed_all;

	if (frame.n == 0)
		return;
	if (frame.n > 1)
		count = &p->subscriptions[(unsigned char)frame.p[1]];
	if (frame.p[0] == 1)
		++*count;
	else if (frame.p[0] == 0 && *count > 0)
		--*count;
}

static void deliver(struct pipe *p, const struct parcel *m)
{
	if (p->o.kind == PIPE_XPUB)
		count_subscription(p, m->frames[0]);
	if (p->o.on_message)
		p->o.on_message(p->o.arg, p, m->frames, m->n);
}

/* Lets libzmq do its housekeeping, which silences ZMQ_FD. */
static void settle_events(struct pipe *p)
{
	int events;
	size_t n = sizeof(events);

	zmq_getsockopt(p->socket, ZMQ_EVENTS, &events, &n);
}

static bool can_receive(const struct pipe *p)
{
	return p->o.kind != PIPE_PUSH && !p->stopped;
}

static void look_again(struct pipe *p);

/* Reads up to the budget. Leaves "again" active only if it may not have seen
 * the end of what there is. */
static void take_turn(struct pipe *p)
{
	struct parcel m;

	uv_idle_stop(&p->again);
	p->reading = true;
	for (int i = 0; i < p->o.budget && can_receive(p); i++) {
		errno = 0;
		if (!receive(p, &m)) {
			/* A REQ that waits for no answer refuses to receive
			 * before it does its housekeeping. */
			if (errno != EAGAIN)
				settle_events(p);
			/* Whatever the handler sent, this look came after. */
			uv_idle_stop(&p->again);
			p->reading = false;
			return;
		}
		if (m.n > 0) {
			deliver(p, &m);
			parcel_close(&m);
		}
	}
	p->reading = false;
	if (can_receive(p))
		look_again(p);
	else
		settle_events(p);
}

static void on_again(uv_idle_t *again)
{
	take_turn(again->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	take_turn(poll->data);
}

static void look_again(struct pipe *p)
{
	uv_idle_start(&p->again, on_again);
}

void pipe_read_stop(struct pipe *p)
{
	p->stopped = true;
}

void pipe_read_start(struct pipe *p)
{
	p->stopped = false;
	look_again(p);
}

/* Open and close. */

struct pipe *pipe_open(struct pipe_context *c, uv_loop_t *loop,
		       const struct pipe_options *options)
{
	struct pipe *p = xcalloc(1, sizeof(*p));
	int fd;
	size_t n = sizeof(fd);

	must(options->hwm > 0);
	p->o = *options;
	p->o.identity = NULL;
	if (p->o.budget == 0)
		p->o.budget = BUDGET_DEFAULT;
	p->socket = zmq_socket(c->zmq, zmq_kind(options->kind));
	if (!p->socket)
		fatal(1, "cannot open a ZeroMQ socket: %s",
		      zmq_strerror(errno));
	p->o.identity = options->identity;
	set_options(p);
	p->o.identity = NULL; /* not ours to keep */
	must(zmq_getsockopt(p->socket, ZMQ_FD, &fd, &n) == 0);
	must(uv_poll_init(loop, &p->poll, fd) == 0);
	must(uv_idle_init(loop, &p->again) == 0);
	p->poll.data = p->again.data = p;
	p->handles = 2;
	must(uv_poll_start(&p->poll, UV_READABLE, on_readable) == 0);
	/* News from before the poll began would not be told again. */
	look_again(p);
	return p;
}

static void on_closed(uv_handle_t *handle)
{
	struct pipe *p = handle->data;

	if (--p->handles == 0)
		free(p);
}

void pipe_close(struct pipe **pp, int linger_ms)
{
	struct pipe *p = *pp;

	if (!p)
		return;
	*pp = NULL;
	must(!p->reading);
	/* The descriptor is libzmq's: off the loop before the socket closes. */
	uv_close((uv_handle_t *)&p->poll, on_closed);
	uv_close((uv_handle_t *)&p->again, on_closed);
	set_int(p->socket, ZMQ_LINGER, linger_ms);
	zmq_close(p->socket);
	p->socket = NULL;
}

/* Endpoints. */

static void allow_ipv6(struct pipe *p, const char *endpoint)
{
	set_int(p->socket, ZMQ_IPV6, strchr(endpoint, '[') != NULL);
}

/* libzmq replaces a socket file whatever it is; one that somebody still listens
 * on is not stale. */
static bool ipc_in_use(const char *endpoint)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd;
	bool used;

	if (strncmp(endpoint, "ipc:///", 7) != 0 ||
	    strlen(endpoint + 6) >= sizeof(a.sun_path))
		return false;
	memcpy(a.sun_path, endpoint + 6, strlen(endpoint + 6));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	used = connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 ||
	       errno == EAGAIN || errno == EINPROGRESS;
	close(fd);
	return used;
}

/* Adds what the last bind got to the list. */
static void note_bound(struct pipe *p)
{
	char last[ENDPOINT_SIZE];
	size_t size = sizeof(last), n = strlen(p->bound);

	if (zmq_getsockopt(p->socket, ZMQ_LAST_ENDPOINT, last, &size) == 0)
		snprintf(p->bound + n, sizeof(p->bound) - n, "%s%s",
			 n ? "," : "", last);
}

static enum err bind_one(struct pipe *p, const char *endpoint, char *error,
			 size_t error_size)
{
	const char *why = NULL;

	allow_ipv6(p, endpoint);
	if (ipc_in_use(endpoint))
		why = strerror(EADDRINUSE);
	else if (zmq_bind(p->socket, endpoint) != 0)
		why = zmq_strerror(errno);
	if (why) {
		snprintf(error, error_size, "cannot bind %s: %s", endpoint,
			 why);
		return ERR_IO;
	}
	note_bound(p);
	return ERR_OK;
}

enum err pipe_bind(struct pipe *p, const char *endpoints, char *error,
		   size_t error_size)
{
	const char *from = endpoints;
	enum err e = ERR_OK;

	look_again(p);
	p->bound[0] = '\0';
	while (e == ERR_OK && from) {
		const char *comma = strchr(from, ',');
		size_t n = comma ? (size_t)(comma - from) : strlen(from);
		char one[ENDPOINT_SIZE];

		if (!slice_cstr(one, sizeof(one), slice_bytes(from, n))) {
			snprintf(error, error_size, "endpoint too long");
			return ERR_IO;
		}
		e = bind_one(p, one, error, error_size);
		from = comma ? comma + 1 : NULL;
	}
	return e;
}

enum err pipe_connect(struct pipe *p, const char *endpoint)
{
	allow_ipv6(p, endpoint);
	look_again(p);
	return zmq_connect(p->socket, endpoint) == 0 ? ERR_OK : ERR_IO;
}

void pipe_disconnect(struct pipe *p, const char *endpoint)
{
	if (zmq_disconnect(p->socket, endpoint) != 0)
		log_debug("pipe_disconnect", "reason=\"%s\"",
			  zmq_strerror(errno));
	look_again(p);
}

const char *pipe_bound(const struct pipe *p)
{
	return p->bound;
}

void pipe_subscribe(struct pipe *p, struct slice prefix)
{
	must(zmq_setsockopt(p->socket, ZMQ_SUBSCRIBE, prefix.n ? prefix.p : "",
			    prefix.n) == 0);
	look_again(p);
}

/* Sending. */

/* A send may have swallowed the news of a message. Who reads nothing at the
 * moment has nothing to miss. */
static void look_after_send(struct pipe *p)
{
	if (can_receive(p))
		look_again(p);
}

static enum err send_err(void)
{
	return errno == EHOSTUNREACH ? ERR_NOT_FOUND : ERR_AGAIN;
}

static enum err send_copy(struct pipe *p, struct slice frame, int flags)
{
	zmq_msg_t part;

	/* libzmq is as little prepared as we are to go on without memory. */
	must(zmq_msg_init_size(&part, frame.n) == 0);
	if (frame.n > 0)
		memcpy(zmq_msg_data(&part), frame.p, frame.n);
	if (zmq_msg_send(&part, p->socket, flags | ZMQ_DONTWAIT) >= 0)
		return ERR_OK;
	zmq_msg_close(&part);
	return send_err();
}

/* A block that libzmq frees, unless we took it back. */
struct loan {
	bool returned;
};

static void loan_end(void *data, void *hint)
{
	struct loan *loan = hint;

	if (!loan->returned)
		free(data);
	free(loan);
}

static enum err send_loan(struct pipe *p, void *block, size_t n)
{
	struct loan *loan = xcalloc(1, sizeof(*loan));
	zmq_msg_t part;
	enum err e;

	must(zmq_msg_init_data(&part, block, n, loan_end, loan) == 0);
	if (zmq_msg_send(&part, p->socket, ZMQ_DONTWAIT) >= 0)
		return ERR_OK;
	e = send_err();
	loan->returned = true;
	zmq_msg_close(&part);
	return e;
}

static enum err send_last(struct pipe *p, void *last, size_t n)
{
	enum err e;

	if (n >= OWNED_BYTES_MIN)
		return send_loan(p, last, n);
	e = send_copy(p, slice_bytes(last, n), 0);
	if (e == ERR_OK)
		free(last);
	return e;
}

/* Sends n frames with more to follow. The first one decides: later ones fail
 * only when the peer goes away in between. libzmq then drops the message but
 * waits for its end, so the end must be sent. */
static enum err send_head(struct pipe *p, const struct slice *frames, size_t n)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		e = send_copy(p, frames[i], ZMQ_SNDMORE);
		if (e != ERR_OK && i > 0 &&
		    send_copy(p, (struct slice){NULL, 0}, 0) != ERR_OK)
			log_debug("pipe_cut", "frames=%zu", i);
	}
	return e;
}

enum err pipe_send(struct pipe *p, const struct slice *frames, size_t n)
{
	enum err e;

	must(n > 0);
	e = send_head(p, frames, n - 1);
	if (e == ERR_OK)
		e = send_copy(p, frames[n - 1], 0);
	look_after_send(p);
	return e;
}

enum err pipe_send_owned(struct pipe *p, const struct slice *frames, size_t n,
			 void *last, size_t last_bytes)
{
	enum err e = send_head(p, frames, n);

	if (e == ERR_OK)
		e = send_last(p, last, last_bytes);
	look_after_send(p);
	return e;
}

bool pipe_is_heard(const struct pipe *p, const char *topic)
{
	return p->subscribed_all > 0 ||
	       p->subscriptions[(unsigned char)topic[0]] > 0;
}

uint64_t pipe_dropped(const struct pipe *p)
{
	return p->dropped;
}
