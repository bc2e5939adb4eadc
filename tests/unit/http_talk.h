/*
 * http_talk - one connection of an HTTP client, spoken byte by byte from a
 * thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_HTTP_TALK_H
#define TESTS_HTTP_TALK_H

#include "io_test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/buf.h"

/* Sends, then reads until the server closes, or
 * until it has read a certain text. */
struct talk {
	unsigned port;
	struct slice out;
	const char *until;
	bool reset; /* leave without reading */
	bool drip;  /* send a byte now and then, for ever */
	struct buf in;
	pthread_t thread;
	uv_async_t done;
	bool is_done;
};

static inline void talk_read(struct talk *t, int fd)
{
	char block[65536];
	ssize_t n;

	while ((n = recv(fd, block, sizeof(block), 0)) > 0) {
		buf_append(&t->in, block, (size_t)n);
		if (t->until &&
		    memmem(t->in.p, t->in.n, t->until, strlen(t->until)))
			return;
	}
}

/* A drop now and then keeps a connection from ever being idle. */
static inline void talk_drip(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	while (poll(&p, 1, 100) == 0 && send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
}

static inline void *talk_run(void *arg)
{
	struct talk *t = arg;
	struct timeval patience = {PATIENCE_MS / 1000, 0};
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)t->port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t sent = 0;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0) {
		while (sent < t->out.n) {
			ssize_t n = send(fd, t->out.p + sent, t->out.n - sent,
					 MSG_NOSIGNAL);

			if (n <= 0)
				break;
			sent += (size_t)n;
		}
		if (t->drip)
			talk_drip(fd);
		if (!t->reset)
			talk_read(t, fd);
	}
	close(fd);
	uv_async_send(&t->done);
	return NULL;
}

static inline void on_talk_done(uv_async_t *async)
{
	((struct talk *)async->data)->is_done = true;
}

static inline void talk_start(struct talk *t, uv_loop_t *loop, unsigned port,
			      struct slice out)
{
	t->port = port;
	t->out = out;
	t->is_done = false;
	buf_init(&t->in, 64 << 20);
	uv_async_init(loop, &t->done, on_talk_done);
	t->done.data = t;
	assert_int_equal(pthread_create(&t->thread, NULL, talk_run, t), 0);
}

static inline void talk_end(struct talk *t, uv_loop_t *loop)
{
	io_run_until(loop, io_is_set, &t->is_done);
	pthread_join(t->thread, NULL);
	uv_close((uv_handle_t *)&t->done, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	buf_append_char(&t->in, '\0');
}

#endif
