/*
 * probe - asks a server again and again until it answers as hoped for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One connection a try, on a plain descriptor that the loop watches: the
 * answers are a few bytes, and both kinds of address are served by the same
 * lines.
 */
#include "probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define AGAIN_MS 25
#define TRY_MS 2000
#define ANSWER_SIZE 256

struct probe {
	struct probe_options o;
	uv_timer_t timer; /* next try, or the end of this one */
	uv_poll_t *poll;  /* freed by its close callback; NULL: between tries */
	int fd;
	bool asked;
	char answer[ANSWER_SIZE];
	size_t n;
	uv_loop_t *loop;
};

static void try_now(uv_timer_t *timer);

/* The descriptor must stay open until the loop has let go of it. */
static void on_poll_closed(uv_handle_t *handle)
{
	close((int)(intptr_t)handle->data);
	free(handle);
}

static void hang_up(struct probe *p)
{
	if (!p->poll)
		return;
	uv_poll_stop(p->poll);
	p->poll->data = (void *)(intptr_t)p->fd;
	uv_close((uv_handle_t *)p->poll, on_poll_closed);
	p->poll = NULL;
}

static void again(struct probe *p)
{
	hang_up(p);
	uv_timer_start(&p->timer, try_now, AGAIN_MS, 0);
}

static void on_late(uv_timer_t *timer)
{
	again(timer->data);
}

static void read_answer(struct probe *p)
{
	ssize_t got = recv(p->fd, p->answer + p->n, ANSWER_SIZE - 1 - p->n, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		again(p);
		return;
	}
	p->n += (size_t)got;
	p->answer[p->n] = '\0';
	if (!strchr(p->answer, '\n') && p->n < ANSWER_SIZE - 1)
		return;
	/* Another first line, such as -LOADING or a 503: not yet. */
	p->answer[strcspn(p->answer, "\n")] = '\0';
	if (!strstr(p->answer, p->o.answer)) {
		again(p);
		return;
	}
	hang_up(p);
	uv_timer_stop(&p->timer);
	p->o.on_answer(p->o.arg);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct probe *p = poll->data;
	size_t n = strlen(p->o.question);

	if (status < 0) {
		again(p);
	} else if (events & UV_READABLE) {
		read_answer(p);
	} else if (!p->asked) {
		if (send(p->fd, p->o.question, n, MSG_NOSIGNAL) != (ssize_t)n) {
			again(p);
			return;
		}
		p->asked = true;
		uv_poll_start(p->poll, UV_READABLE, on_ready);
	}
}

static int dial(const struct probe *p)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	const struct sockaddr *to = (const struct sockaddr *)&p->o.address;
	socklen_t size = p->o.address.ss_family == AF_INET6
			     ? sizeof(struct sockaddr_in6)
			     : sizeof(struct sockaddr_in);
	int fd;

	if (p->o.unix_path) {
		if (strlen(p->o.unix_path) >= sizeof(un.sun_path))
			return -1;
		memcpy(un.sun_path, p->o.unix_path, strlen(p->o.unix_path));
		to = (const struct sockaddr *)&un;
		size = sizeof(un);
	}
	fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd >= 0 && connect(fd, to, size) != 0 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

static void try_now(uv_timer_t *timer)
{
	struct probe *p = timer->data;

	p->fd = dial(p);
	p->asked = false;
	p->n = 0;
	if (p->fd < 0) {
		again(p);
		return;
	}
	p->poll = xcalloc(1, sizeof(*p->poll));
	must(uv_poll_init(p->loop, p->poll, p->fd) == 0);
	p->poll->data = p;
	uv_poll_start(p->poll, UV_WRITABLE, on_ready);
	uv_timer_start(&p->timer, on_late, TRY_MS, 0);
}

struct probe *probe_start(uv_loop_t *loop, const struct probe_options *options)
{
	struct probe *p = xcalloc(1, sizeof(*p));

	p->o = *options;
	p->loop = loop;
	uv_timer_init(loop, &p->timer);
	p->timer.data = p;
	uv_timer_start(&p->timer, try_now, 0, 0);
	return p;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void probe_stop(struct probe **p)
{
	if (!*p)
		return;
	hang_up(*p);
	uv_close((uv_handle_t *)&(*p)->timer, on_timer_closed);
	*p = NULL;
}
