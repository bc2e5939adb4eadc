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

/* One multi handle, its connections and its clock. */
struct share {
	CURLM *multi; /* owned */
	struct pool *pool;
	uv_timer_t *timer;		/* owned; freed in its close callback */
	uint64_t deadline_ms, armed_ms; /* of the loop's clock; 0: none */
	size_t running;			/* transfers */
	size_t sockets;			/* of connections, idle ones too */
	size_t kept; /* CURLMOPT_MAXCONNECTS; 0: not set yet */
};

struct sock {
	uv_poll_t poll;
	struct share *share;
	int fd;
	int want;  /* UV_READABLE | UV_WRITABLE: what libcurl waits for */
	int armed; /* what the loop watches; may be more than is wanted */
	bool initialized; /* poll is a handle of the loop */
	bool ours;	  /* we hear of its end */
};

_Static_assert(POOL_SHARES <= 32, "a bit for each share");

struct pool {
	uv_loop_t *loop;
	struct share shares[POOL_SHARES];
	struct sock **socks; /* by descriptor */
	size_t n_socks;	     /* allocated */
	size_t connections, connections_max;
	uint32_t due; /* shares, a bit for each */
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

static struct sock *sock_new(struct share *share, int fd, bool ours)
{
	struct pool *p = share->pool;
	struct sock *s = xcalloc(1, sizeof(*s));
	size_t n = p->n_socks;

	if ((size_t)fd >= n) {
		p->n_socks = (size_t)fd * 2 + 64;
		p->socks = xrealloc(p->socks, p->n_socks * sizeof(*p->socks));
		while (n < p->n_socks)
			p->socks[n++] = NULL;
	}
	s->share = share;
	s->fd = fd;
	s->ours = ours;
	p->socks[fd] = s;
	p->connections += ours;
	share->sockets += ours;
	return s;
}

static void sock_end(struct sock *s)
{
	struct pool *p = s->share->pool;

	p->socks[s->fd] = NULL;
	p->connections -= s->ours;
	s->share->sockets -= s->ours;
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
		if (uv_poll_init(s->share->pool->loop, &s->poll, s->fd) != 0) {
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

void pool_socket_opened(struct pool *p, unsigned share, int fd)
{
	struct sock *old = sock_find(p, fd);

	/* Closed behind our back after all: its number has been given anew. */
	if (old)
		sock_end(old);
	(void)sock_new(&p->shares[share], fd, true);
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
	struct share *share = arg;
	struct sock *s = sock_find(share->pool, fd);
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
		s = sock_new(share, fd, false);
	s->want = want;
	if (want & ~s->armed)
		sock_arm(s, want);
	else if (want == 0 && !s->ours)
		sock_end(s);
	return 0;
}

static void report(struct share *share)
{
	struct pool *p = share->pool;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(share->multi, &left))) {
		CURLcode code = m->data.result;
		void *request = NULL;

		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE,
					&request);
		/* The message dies with the removal. */
		(void)curl_multi_remove_handle(share->multi, m->easy_handle);
		p->on_done(p->arg, request, (int)code);
	}
}

static void act(struct share *share, curl_socket_t fd, int bits)
{
	int running;

	(void)curl_multi_socket_action(share->multi, fd, bits, &running);
	share->running = (size_t)running;
	report(share);
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
	struct pool *p = s->share->pool;
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
	act(s->share, fd, bits);
	/* libcurl did not notice that it was disarmed. */
	if (status < 0 && sock_find(p, fd) == s && s->want && !s->armed)
		sock_arm(s, s->want);
}

static uint32_t bit_of(const struct share *s)
{
	return (uint32_t)1 << (s - s->pool->shares);
}

static void set_due(struct share *s)
{
	s->pool->due |= bit_of(s);
}

static void on_timer(uv_timer_t *timer)
{
	struct share *s = timer->data;
	uint64_t now = uv_now(s->pool->loop);

	s->armed_ms = 0;
	if (s->deadline_ms == 0)
		return;
	if (s->deadline_ms <= now) {
		s->deadline_ms = 0;
		set_due(s);
		return;
	}
	s->armed_ms = s->deadline_ms;
	(void)uv_timer_start(s->timer, on_timer, s->deadline_ms - now, 0);
}

/* Later than what the timer is set to already: it will look again then. */
static int on_timeout_change(CURLM *multi, long timeout_ms, void *arg)
{
	struct share *s = arg;

	(void)multi;
	s->deadline_ms = 0;
	if (timeout_ms == 0)
		set_due(s);
	if (timeout_ms <= 0)
		return 0;
	s->deadline_ms = uv_now(s->pool->loop) + (uint64_t)timeout_ms;
	if (s->armed_ms && s->armed_ms <= s->deadline_ms)
		return 0;
	s->armed_ms = s->deadline_ms;
	(void)uv_timer_start(s->timer, on_timer, (uint64_t)timeout_ms, 0);
	return 0;
}

static void share_open(struct share *s)
{
	s->multi = curl_multi_init();
	must(s->multi);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timeout_change);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_PIPELINING,
			  (long)CURLPIPE_MULTIPLEX);
	s->kept = 0;
}

/* Idle connections beyond what the pool may keep. Each share would keep as many
 * as the pool may have, which is right for the one that works and too much for
 * what others have left. */
static bool has_too_many(const struct pool *p)
{
	return p->connections > p->connections_max + p->connections_max / 2;
}

/* Ends what a share that does nothing has left; the next one at the next turn,
 * if need be. */
static void end_idle(struct pool *p)
{
	for (size_t i = 0; i < POOL_SHARES; i++) {
		struct share *s = &p->shares[i];

		if (s->running > 0 || s->sockets == 0)
			continue;
		curl_multi_cleanup(s->multi);
		s->deadline_ms = 0;
		p->due &= ~bit_of(s);
		share_open(s);
		return;
	}
}

/* Of a share that works libcurl ends the oldest idle ones as transfers end. */
static void set_kept(struct share *s)
{
	size_t idle = s->sockets > s->running ? s->sockets - s->running : 0;
	size_t kept = has_too_many(s->pool) ? s->running + idle / 2 + 1
					    : s->pool->connections_max;

	if (kept == s->kept)
		return;
	s->kept = kept;
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, (long)kept);
}

struct pool *pool_new(uv_loop_t *loop, size_t connections_max,
		      pool_done_fn *on_done, void *arg)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->connections_max = connections_max;
	p->on_done = on_done;
	p->arg = arg;
	for (size_t i = 0; i < POOL_SHARES; i++) {
		struct share *s = &p->shares[i];

		s->pool = p;
		s->timer = xcalloc(1, sizeof(*s->timer));
		must(uv_timer_init(loop, s->timer) == 0);
		s->timer->data = s;
		share_open(s);
	}
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
	for (size_t i = 0; i < POOL_SHARES; i++)
		curl_multi_cleanup(p->shares[i].multi);
	for (size_t i = 0; i < p->n_socks; i++)
		if (p->socks[i])
			sock_end(p->socks[i]);
	free(p->socks);
	for (size_t i = 0; i < POOL_SHARES; i++)
		uv_close((uv_handle_t *)p->shares[i].timer, on_timer_closed);
	free(p);
	*pp = NULL;
}

enum err pool_add(struct pool *p, unsigned share, CURL *curl)
{
	struct share *s = &p->shares[share];

	set_kept(s);
	if (curl_multi_add_handle(s->multi, curl) != CURLM_OK)
		return ERR_FULL;
	s->running++;
	return ERR_OK;
}

void pool_remove(struct pool *p, unsigned share, CURL *curl)
{
	(void)curl_multi_remove_handle(p->shares[share].multi, curl);
}

void pool_turn(struct pool *p)
{
	if (has_too_many(p))
		end_idle(p);
	for (size_t i = 0; p->due && i < POOL_SHARES; i++) {
		struct share *s = &p->shares[i];

		if (!(p->due & bit_of(s)))
			continue;
		p->due &= ~bit_of(s);
		act(s, CURL_SOCKET_TIMEOUT, 0);
	}
}

bool pool_is_due(const struct pool *p)
{
	return p->due != 0;
}

size_t pool_connections(const struct pool *p)
{
	return p->connections;
}
