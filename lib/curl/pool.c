/*
 * pool - libcurl's multi interface on the loop.
 * SPDX-License-Identifier: Apache-2.0
 *
 * libcurl says at the end of each transfer that it has lost interest in the
 * socket, and at the start of the next that it has it again. Both are only
 * written down: the poll stays armed, and is disarmed when an event comes that
 * nobody wants. It ends for good when the socket is about to be closed, before
 * its number can be used again. Sockets that libcurl opens behind our back (its
 * resolver's) are closed without a word, so those are disarmed at once.
 */
#include "curl/pool.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"

struct sock {
	uv_poll_t poll;
	struct pool *pool;
	int fd;
	int want;  /* UV_READABLE | UV_WRITABLE: what libcurl waits for */
	int armed; /* what the loop watches; may be more than is wanted */
	bool initialized; /* poll is a handle of the loop */
	bool ours;	  /* we hear of its end */
};

struct pool {
	CURLM *multi; /* owned */
	uv_loop_t *loop;
	uv_timer_t *timer;   /* owned; freed in its close callback */
	struct sock **socks; /* by descriptor */
	size_t n_socks;	     /* allocated */
	size_t connections;
	uint64_t deadline_ms, armed_ms; /* of the loop's clock; 0: none */
	bool due;
	pool_done_fn *on_done;
	void *arg; /* borrowed */
};

static void on_sock_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static struct sock *sock_find(struct pool *p, int fd)
{
	return fd >= 0 && (size_t)fd < p->n_socks ? p->socks[fd] : NULL;
}

static struct sock *sock_new(struct pool *p, int fd, bool ours)
{
	struct sock *s = xcalloc(1, sizeof(*s));
	size_t n = p->n_socks;

	if ((size_t)fd >= n) {
		p->n_socks = (size_t)fd * 2 + 64;
		p->socks = xrealloc(p->socks, p->n_socks * sizeof(*p->socks));
		while (n < p->n_socks)
			p->socks[n++] = NULL;
	}
	s->pool = p;
	s->fd = fd;
	s->ours = ours;
	p->socks[fd] = s;
	p->connections += ours;
	return s;
}

static void sock_end(struct sock *s)
{
	struct pool *p = s->pool;

	p->socks[s->fd] = NULL;
	p->connections -= s->ours;
	s->want = s->armed = 0;
	if (!s->initialized) {
		free(s);
		return;
	}
	(void)uv_poll_stop(&s->poll);
	uv_close((uv_handle_t *)&s->poll, on_sock_closed);
}

static void on_poll(uv_poll_t *handle, int status, int events);

static void sock_arm(struct sock *s, int events)
{
	if (!s->initialized) {
		if (uv_poll_init(s->pool->loop, &s->poll, s->fd) != 0) {
			log_error("poll_failed", "fd=%d", s->fd);
			return;
		}
		s->initialized = true;
		s->poll.data = s;
	}
	s->armed = events;
	if (events)
		(void)uv_poll_start(&s->poll, events, on_poll);
	else
		(void)uv_poll_stop(&s->poll);
}

void pool_socket_opened(struct pool *p, int fd)
{
	struct sock *old = sock_find(p, fd);

	/* Closed behind our back after all: its number has been given anew. */
	if (old)
		sock_end(old);
	(void)sock_new(p, fd, true);
}

void pool_socket_closing(struct pool *p, int fd)
{
	struct sock *s = sock_find(p, fd);

	if (s)
		sock_end(s);
}

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *arg,
		     void *socket_data)
{
	struct pool *p = arg;
	struct sock *s = sock_find(p, fd);
	int want = 0;

	(void)curl;
	(void)socket_data;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		want |= UV_READABLE;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		want |= UV_WRITABLE;
	if (!s && want == 0)
		return 0;
	if (!s)
		s = sock_new(p, fd, false);
	s->want = want;
	if (want & ~s->armed)
		sock_arm(s, want);
	else if (want == 0 && !s->ours)
		sock_end(s);
	return 0;
}

static void report(struct pool *p)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(p->multi, &left))) {
		CURLcode code = m->data.result;
		void *request = NULL;

		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE,
					&request);
		/* The message dies with the removal. */
		(void)curl_multi_remove_handle(p->multi, m->easy_handle);
		p->on_done(p->arg, request, (int)code);
	}
}

static void act(struct pool *p, curl_socket_t fd, int bits)
{
	int running;

	(void)curl_multi_socket_action(p->multi, fd, bits, &running);
	report(p);
}

/*
 * Something has come on a connection that nobody uses. When it is the end, the
 * receiver gets ours at once; libcurl drops the socket when it next looks.
 */
static void idle_event(struct sock *s)
{
	char c;

	if (s->want == 0 && s->ours &&
	    recv(s->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		(void)shutdown(s->fd, SHUT_RDWR);
	if (s->armed & ~s->want)
		sock_arm(s, s->want);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct sock *s = handle->data;
	struct pool *p = s->pool;
	int fd = s->fd, bits = 0;

	if (status < 0) {
		/* The loop has disarmed it. Let libcurl read and write: so it
		 * sees what was sent before, and the cause. */
		s->armed = 0;
		events = s->want;
	}
	if ((events & s->want) == 0) {
		idle_event(s);
		return;
	}
	if (events & s->want & UV_READABLE)
		bits |= CURL_CSELECT_IN;
	if (events & s->want & UV_WRITABLE)
		bits |= CURL_CSELECT_OUT;
	act(p, fd, bits);
	/* libcurl did not notice that it was disarmed. */
	if (status < 0 && sock_find(p, fd) == s && s->want && !s->armed)
		sock_arm(s, s->want);
}

static void on_timer(uv_timer_t *timer)
{
	struct pool *p = timer->data;
	uint64_t now = uv_now(p->loop);

	p->armed_ms = 0;
	if (p->deadline_ms == 0)
		return;
	if (p->deadline_ms <= now) {
		p->deadline_ms = 0;
		p->due = true;
		return;
	}
	p->armed_ms = p->deadline_ms;
	(void)uv_timer_start(p->timer, on_timer, p->deadline_ms - now, 0);
}

/* Later than what the timer is set to already: it will look again then. */
static int on_timeout_change(CURLM *multi, long timeout_ms, void *arg)
{
	struct pool *p = arg;

	(void)multi;
	p->deadline_ms = 0;
	if (timeout_ms == 0)
		p->due = true;
	if (timeout_ms <= 0)
		return 0;
	p->deadline_ms = uv_now(p->loop) + (uint64_t)timeout_ms;
	if (p->armed_ms && p->armed_ms <= p->deadline_ms)
		return 0;
	p->armed_ms = p->deadline_ms;
	(void)uv_timer_start(p->timer, on_timer, (uint64_t)timeout_ms, 0);
	return 0;
}

struct pool *pool_new(uv_loop_t *loop, size_t connections_max,
		      pool_done_fn *on_done, void *arg)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->on_done = on_done;
	p->arg = arg;
	p->timer = xcalloc(1, sizeof(*p->timer));
	must(uv_timer_init(loop, p->timer) == 0);
	p->timer->data = p;
	p->multi = curl_multi_init();
	must(p->multi);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, on_timeout_change);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_PIPELINING,
			  (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS,
			  (long)connections_max);
	return p;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

void pool_free(struct pool **pp)
{
	struct pool *p = *pp;

	if (!p)
		return;
	curl_multi_cleanup(p->multi);
	for (size_t i = 0; i < p->n_socks; i++)
		if (p->socks[i])
			sock_end(p->socks[i]);
	free(p->socks);
	uv_close((uv_handle_t *)p->timer, on_timer_closed);
	free(p);
	*pp = NULL;
}

enum err pool_add(struct pool *p, CURL *curl)
{
	if (curl_multi_add_handle(p->multi, curl) != CURLM_OK)
		return ERR_FULL;
	return ERR_OK;
}

void pool_remove(struct pool *p, CURL *curl)
{
	(void)curl_multi_remove_handle(p->multi, curl);
}

void pool_turn(struct pool *p)
{
	if (!p->due)
		return;
	p->due = false;
	act(p, CURL_SOCKET_TIMEOUT, 0);
}

bool pool_is_due(const struct pool *p)
{
	return p->due;
}

size_t pool_connections(const struct pool *p)
{
	return p->connections;
}
