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
#include "io/pipe_private.h"

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
#include "net/endpoint.h"

#define BUDGET_DEFAULT 64
#define MESSAGE_BYTES_DEFAULT (8 * 1024 * 1024 + 64 * 1024)
#define BACKLOG 1024
#define HANDSHAKE_MS 5000
#define RECONNECT_MS 100
#define RECONNECT_MAX_MS 2000
#define CONNECT_MS 3000
#define REBIND_MS 50
/* How long a host that has gone without a word goes unnoticed: 8 s where
 * something is to be sent, 11 s where not. By TCP and not by ZeroMQ's own
 * heartbeats, which would take a slow line with a large message on it, or a
 * peer that is stopped for a while, for a dead one. */
#define SILENT_PEER_MS 8000
#define SILENT_IDLE_S 5
#define SILENT_PROBE_S 2
#define SILENT_PROBES 3

/* One message as libzmq gave it. */
struct parcel {
	zmq_msg_t parts[PIPE_FRAMES_MAX];
	struct slice frames[PIPE_FRAMES_MAX];
	size_t n;
};

struct pipe_context *pipe_context_new(const struct curve *curve)
{
	struct pipe_context *c = xcalloc(1, sizeof(*c));

	c->curve = curve;
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
	pipe_curve_stop(*c);
	while (zmq_ctx_term((*c)->zmq) != 0 && errno == EINTR)
		;
	free(*c);
	*c = NULL;
}

/* Options. */

void pipe_set_int(struct pipe *p, int option, int value)
{
	must(zmq_setsockopt(p->socket, option, &value, sizeof(value)) == 0);
}

static int zmq_kind(enum pipe_kind kind)
{
	static const int kinds[] = {
	    [PIPE_ROUTER] = ZMQ_ROUTER, [PIPE_DEALER] = ZMQ_DEALER,
	    [PIPE_PULL] = ZMQ_PULL,	[PIPE_PUSH] = ZMQ_PUSH,
	    [PIPE_XPUB] = ZMQ_XPUB,	[PIPE_SUB] = ZMQ_SUB,
	    [PIPE_REQ] = ZMQ_REQ,	[PIPE_PAIR] = ZMQ_PAIR,
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
	pipe_set_int(p, ZMQ_SNDHWM, p->o.hwm);
	pipe_set_int(p, ZMQ_RCVHWM, p->o.hwm);
	pipe_set_int(p, ZMQ_LINGER, 0);
	pipe_set_int(p, ZMQ_BACKLOG, BACKLOG);
	pipe_set_int(p, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
	pipe_set_int(p, ZMQ_RECONNECT_IVL, RECONNECT_MS);
	pipe_set_int(p, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
	pipe_set_int(p, ZMQ_TCP_KEEPALIVE, 1);
	pipe_set_int(p, ZMQ_CONNECT_TIMEOUT, CONNECT_MS);
	pipe_set_int(p, ZMQ_TCP_KEEPALIVE_IDLE, SILENT_IDLE_S);
	pipe_set_int(p, ZMQ_TCP_KEEPALIVE_INTVL, SILENT_PROBE_S);
	pipe_set_int(p, ZMQ_TCP_KEEPALIVE_CNT, SILENT_PROBES);
	pipe_set_int(p, ZMQ_TCP_MAXRT, SILENT_PEER_MS);
	if (p->o.kind == PIPE_ROUTER) {
		pipe_set_int(p, ZMQ_ROUTER_MANDATORY, 1);
		/* A peer that comes back before its old connection is known
		 * to be dead takes its place. */
		pipe_set_int(p, ZMQ_ROUTER_HANDOVER, 1);
	}
	/* Who tells what happens must not wait for us: it is libzmq's thread.
	 */
	if (p->o.kind == PIPE_PAIR)
		pipe_set_int(p, ZMQ_RCVHWM, 0);
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

/* Each message tells the key of its connection. False: it is not let in any
 * more, and nobody asked for such messages. */
static bool find_sender(struct pipe *p, const struct parcel *m)
{
	const char *key = zmq_msg_gets(&m->parts[m->n - 1], "User-Id");

	if (key && !key[0])
		key = NULL;
	p->sender = key ? keyring_find(p->o.ring, slice_of(key)) : NULL;
	p->stranger = key && !p->sender;
	if (!p->stranger || p->o.strangers)
		return true;
	log_warn("curve_removed", "key=\"%s\"", key);
	return false;
}

static void deliver(struct pipe *p, const struct parcel *m)
{
	if (p->o.kind == PIPE_XPUB)
		count_subscription(p, m->frames[0]);
	if (p->o.ring && !find_sender(p, m))
		return;
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

/* A send may have swallowed the news of a message. Who reads nothing at the
 * moment has nothing to miss. */
void pipe_look_after_send(struct pipe *p)
{
	if (can_receive(p))
		look_again(p);
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

static void open_socket(struct pipe *p)
{
	int fd;
	size_t n = sizeof(fd);

	p->socket = zmq_socket(p->context->zmq, zmq_kind(p->o.kind));
	if (!p->socket)
		fatal(1, "cannot open a ZeroMQ socket: %s",
		      zmq_strerror(errno));
	set_options(p);
	must(zmq_getsockopt(p->socket, ZMQ_FD, &fd, &n) == 0);
	p->poll = xcalloc(1, sizeof(*p->poll));
	must(uv_poll_init(p->loop, p->poll, fd) == 0);
	p->poll->data = p;
	must(uv_poll_start(p->poll, UV_READABLE, on_readable) == 0);
	if (p->o.ring)
		p->removals = keyring_removals(p->o.ring);
	/* News from before the poll began would not be told again. */
	look_again(p);
}

static void on_poll_closed(uv_handle_t *handle)
{
	free(handle);
}

static void close_socket(struct pipe *p, int linger_ms)
{
	must(!p->reading);
	/* The descriptor is libzmq's: off the loop before the socket closes. */
	uv_close((uv_handle_t *)p->poll, on_poll_closed);
	pipe_set_int(p, ZMQ_LINGER, linger_ms);
	pipe_watch_stop(p);
	zmq_close(p->socket);
	p->socket = NULL;
}

struct pipe *pipe_open(struct pipe_context *c, uv_loop_t *loop,
		       const struct pipe_options *options)
{
	struct pipe *p = xcalloc(1, sizeof(*p));

	must(options->hwm > 0);
	must(!options->ring || c->curve);
	p->context = c;
	p->loop = loop;
	p->o = *options;
	if (p->o.budget == 0)
		p->o.budget = BUDGET_DEFAULT;
	must(uv_idle_init(loop, &p->again) == 0);
	must(uv_timer_init(loop, &p->retry) == 0);
	p->again.data = p->retry.data = p;
	p->handles = 2;
	open_socket(p);
	p->o.identity = NULL; /* not ours to keep */
	return p;
}

static void on_closed(uv_handle_t *handle)
{
	struct pipe *p = handle->data;

	if (--p->handles > 0)
		return;
	free(p->target);
	free(p->rebind);
	free(p);
}

void pipe_close(struct pipe **pp, int linger_ms)
{
	struct pipe *p = *pp;

	if (!p)
		return;
	*pp = NULL;
	close_socket(p, linger_ms);
	uv_close((uv_handle_t *)&p->again, on_closed);
	uv_close((uv_handle_t *)&p->retry, on_closed);
}

/* libzmq's thread closes what was bound, at its leisure. */
static void on_rebind(uv_timer_t *timer)
{
	struct pipe *p = timer->data;
	char error[200];

	if (pipe_bind(p, p->rebind, error, sizeof(error)) == ERR_OK) {
		free(p->rebind);
		p->rebind = NULL;
		return;
	}
	log_warn("rebind", "error=\"%s\"", error);
	close_socket(p, 0);
	open_socket(p);
	uv_timer_start(timer, on_rebind, REBIND_MS, 0);
}

void pipe_reopen(struct pipe *p)
{
	if (p->rebind || !p->bound[0])
		return;
	log_info("curve_cut", "endpoint=%s", p->bound);
	p->rebind = xstrdup(p->bound);
	close_socket(p, 0);
	memset(p->subscriptions, 0, sizeof(p->subscriptions));
	p->subscribed_all = 0;
	open_socket(p);
	uv_timer_start(&p->retry, on_rebind, REBIND_MS, 0);
}

/* Endpoints. */

static void allow_ipv6(struct pipe *p, const char *endpoint)
{
	pipe_set_int(p, ZMQ_IPV6, strchr(endpoint, '[') != NULL);
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
	if (p->o.ring)
		pipe_curve_serve(p, endpoint_is_tcp(slice_of(endpoint)));
	if (endpoint_is_tcp(slice_of(endpoint)))
		pipe_watch(p);
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

/* False: too long. */
static bool split_target(const char *target, char endpoint[ENDPOINT_SIZE],
			 char key[CURVE_TEXT_SIZE])
{
	size_t n = strcspn(target, " ");

	return slice_cstr(endpoint, ENDPOINT_SIZE, slice_bytes(target, n)) &&
	       slice_cstr(key, CURVE_TEXT_SIZE,
			  slice_of(target + n + (target[n] == ' ')));
}

/* What it is to show and to ask for, before it connects. */
static enum err prepare(struct pipe *p, const char *target,
			const char *endpoint, const char *key)
{
	enum err e;

	if (!endpoint_is_tcp(slice_of(endpoint)))
		key = "";
	if (!p->context->curve && !key[0])
		return ERR_OK;
	e = pipe_curve_call(p, endpoint, key);
	if (e == ERR_OK && endpoint_is_tcp(slice_of(endpoint))) {
		pipe_watch(p);
		free(p->target);
		p->target = xstrdup(target);
	}
	return e;
}

enum err pipe_connect(struct pipe *p, const char *target)
{
	char endpoint[ENDPOINT_SIZE], key[CURVE_TEXT_SIZE];
	enum err e;

	if (!split_target(target, endpoint, key))
		return ERR_IO;
	e = prepare(p, target, endpoint, key);
	if (e != ERR_OK)
		return e;
	allow_ipv6(p, endpoint);
	look_again(p);
	return zmq_connect(p->socket, endpoint) == 0 ? ERR_OK : ERR_IO;
}

void pipe_disconnect(struct pipe *p, const char *target)
{
	char endpoint[ENDPOINT_SIZE], key[CURVE_TEXT_SIZE];

	uv_timer_stop(&p->retry);
	if (!split_target(target, endpoint, key) ||
	    zmq_disconnect(p->socket, endpoint) != 0)
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

bool pipe_sender(const struct pipe *p, const struct keyring_member **sender)
{
	*sender = p->sender;
	return !p->stranger;
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
