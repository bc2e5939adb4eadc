/*
 * redis_link - hiredis's context and the loop handles that drive it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * hiredis frees its context at moments of its own, so it is driven only through
 * link_drive(), which looks afterwards whether it is gone.
 */
#include "io/redis_link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"

struct redis_link {
	struct redis_link_options options; /* all zero: nobody listens */
	redisAsyncContext *ac;
	uv_poll_t poll;
	uv_prepare_t flush; /* writes what a turn of the loop has gathered */
	uv_idle_t awake;    /* keeps the loop from sleeping before the flush */
	int events;	    /* what poll waits for */
	int handles;	    /* open ones */
	bool driving;	    /* hiredis is on the stack */
	bool writing;	    /* in redisAsyncHandleWrite */
	bool doomed; /* to be freed as soon as hiredis is off the stack */
	bool gone;   /* hiredis has let go of its context */
};

static void link_handle_closed(uv_handle_t *handle)
{
	struct redis_link *l = handle->data;

	if (--l->handles == 0)
		free(l);
}

/* hiredis's hook before it closes the socket; comes once or twice. */
static void link_cleanup(void *data)
{
	struct redis_link *l = data;

	if (l->gone)
		return;
	l->gone = true;
	uv_close((uv_handle_t *)&l->poll, link_handle_closed);
	uv_close((uv_handle_t *)&l->flush, link_handle_closed);
	uv_close((uv_handle_t *)&l->awake, link_handle_closed);
}

/* Runs one of hiredis's functions that may free the context, and draws the
 * conclusions once it is off the stack. */
static void link_drive(struct redis_link *l, void (*fn)(redisAsyncContext *))
{
	struct redis_link_options o;

	must(!l->driving);
	l->driving = true;
	fn(l->ac);
	if (l->doomed && !l->gone)
		redisAsyncFree(l->ac);
	l->driving = false;
	if (!l->gone)
		return;
	o = l->options;
	l->options = (struct redis_link_options){0};
	if (o.on_lost)
		o.on_lost(o.arg);
}

void redis_link_doom(struct redis_link *l)
{
	l->doomed = true;
}

void redis_link_end(struct redis_link *l)
{
	l->doomed = true;
	if (!l->driving && !l->gone)
		link_drive(l, redisAsyncFree);
}

static void link_on_poll(uv_poll_t *poll, int status, int events);

static void link_wait_for(struct redis_link *l, int events)
{
	/* Every start costs two epoll_ctl calls, so only real changes. */
	if (l->gone || l->events == events)
		return;
	l->events = events;
	if (uv_poll_start(&l->poll, events, link_on_poll) != 0)
		l->doomed = true;
}

bool redis_link_is_connected(const struct redis_link *l)
{
	return l->ac->c.flags & REDIS_CONNECTED;
}

static void link_write(redisAsyncContext *ac)
{
	struct redis_link *l = ac->ev.data;

	l->writing = true;
	redisAsyncHandleWrite(ac);
	l->writing = false;
	if (!l->gone && redis_link_is_connected(l) && l->events == UV_WRITABLE)
		link_wait_for(l, UV_READABLE);
}

static void link_on_poll(uv_poll_t *poll, int status, int events)
{
	struct redis_link *l = poll->data;

	if (l->options.on_active)
		l->options.on_active(l->options.arg);
	if (status < 0) {
		/* libuv has stopped the handle; hiredis finds the error itself.
		 */
		l->doomed = true;
		link_drive(l, redis_link_is_connected(l) ? redisAsyncHandleRead
							 : link_write);
		return;
	}
	if ((events & UV_READABLE) && !l->gone)
		link_drive(l, redisAsyncHandleRead);
	if ((events & UV_WRITABLE) && !l->gone)
		link_drive(l, link_write);
}

static void link_on_flush(uv_prepare_t *flush)
{
	struct redis_link *l = flush->data;

	uv_prepare_stop(&l->flush);
	uv_idle_stop(&l->awake);
	link_drive(l, link_write);
}

static void link_on_awake(uv_idle_t *awake)
{
	(void)awake;
}

static void link_add_read(void *data)
{
	(void)data; /* always on */
}

/* All that one turn of the loop asks goes out in one write before the loop
 * sleeps; only what the socket would not take waits for it to be writable. */
static void link_add_write(void *data)
{
	struct redis_link *l = data;

	if (l->gone || !redis_link_is_connected(l))
		return;
	if (l->writing) {
		link_wait_for(l, UV_READABLE | UV_WRITABLE);
		return;
	}
	if (l->events & UV_WRITABLE || uv_is_active((uv_handle_t *)&l->flush))
		return;
	uv_prepare_start(&l->flush, link_on_flush);
	uv_idle_start(&l->awake, link_on_awake);
}

static void link_del_write(void *data)
{
	struct redis_link *l = data;

	if (redis_link_is_connected(l))
		link_wait_for(l, UV_READABLE);
}

static void link_tune_socket(int fd, int lost_ms)
{
	int on = 1, idle = 5, interval = 2, count = 3;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &lost_ms,
		   sizeof(lost_ms));
}

struct redis_link *redis_link_new(uv_loop_t *loop,
				  const struct redis_link_options *options,
				  redisAsyncContext *ac)
{
	struct redis_link *l = xcalloc(1, sizeof(*l));

	l->options = *options;
	l->ac = ac;
	l->handles = 3;
	must(uv_prepare_init(loop, &l->flush) == 0);
	must(uv_idle_init(loop, &l->awake) == 0);
	must(uv_poll_init(loop, &l->poll, ac->c.fd) == 0);
	l->poll.data = l->flush.data = l->awake.data = l;
	ac->ev.data = l;
	ac->ev.addRead = link_add_read;
	ac->ev.delRead = link_add_read;
	ac->ev.addWrite = link_add_write;
	ac->ev.delWrite = link_del_write;
	ac->ev.cleanup = link_cleanup;
	if (options->tcp)
		link_tune_socket(ac->c.fd, options->lost_ms);
	link_wait_for(l, UV_WRITABLE);
	return l;
}

redisAsyncContext *redis_link_context(const struct redis_link *l)
{
	return l->ac;
}

void *redis_link_owner(const redisAsyncContext *ac)
{
	const struct redis_link *l = ac->ev.data;

	return l->options.arg;
}

bool redis_link_is_doomed(const struct redis_link *l)
{
	return l->doomed;
}

bool redis_link_is_usable(const struct redis_link *l)
{
	return !l->doomed && !l->gone;
}

void redis_link_leave(struct redis_link *l)
{
	l->options = (struct redis_link_options){0};
	/* What was asked last, such as to be forgotten, still goes out if the
	 * socket takes it. */
	if (!l->driving && !l->gone && redis_link_is_connected(l))
		link_drive(l, link_write);
	redis_link_end(l);
}
