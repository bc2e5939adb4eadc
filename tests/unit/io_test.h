/*
 * io_test - what the tests of lib/io share: a loop that runs until something
 * has happened, a Redis of one's own, and blocking HTTP from a thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_IO_TEST_H
#define TESTS_IO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#define PATIENCE_MS 20000

static void io_on_patience(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

/* Runs the loop until cond holds; fails the test when it never does. */
static inline void io_run_until(uv_loop_t *loop, bool (*cond)(void *arg),
				void *arg)
{
	uv_timer_t patience;
	bool late = false;

	uv_timer_init(loop, &patience);
	patience.data = &late;
	uv_timer_start(&patience, io_on_patience, PATIENCE_MS, 0);
	while (!cond(arg) && !late)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&patience, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	assert_false(late);
}

static inline bool io_is_set(void *flag)
{
	return *(bool *)flag;
}

/* Closes a loop on which everything has been closed already. */
static inline void io_close_loop(uv_loop_t *loop)
{
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(loop), 0);
}

/* How often the loop goes round in a span in which nothing happens. */
static inline void io_on_round(uv_prepare_t *prepare)
{
	++*(int *)prepare->data;
}

static inline int io_idle_rounds(uv_loop_t *loop)
{
	uv_prepare_t prepare;
	uv_timer_t span;
	bool over = false;
	int rounds = 0;

	uv_prepare_init(loop, &prepare);
	uv_timer_init(loop, &span);
	prepare.data = &rounds;
	span.data = &over;
	uv_prepare_start(&prepare, io_on_round);
	uv_timer_start(&span, io_on_patience, 100, 0);
	while (!over)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&prepare, NULL);
	uv_close((uv_handle_t *)&span, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	return rounds;
}

struct io_redis {
	char dir[64];
	char url[96];
	pid_t pid;
};

static inline void io_redis_run(struct io_redis *r, const char *password)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/sock", r->dir);
	r->pid = fork();
	if (r->pid != 0)
		return;
	if (!freopen("/dev/null", "w", stdout))
		_exit(1);
	execlp("redis-server", "redis-server", "--port", "0", "--unixsocket",
	       path, "--save", "", "--dir", r->dir, "--requirepass", password,
	       (char *)NULL);
	_exit(127);
}

static inline void io_redis_start(struct io_redis *r, const char *password)
{
	snprintf(r->dir, sizeof(r->dir), "/tmp/io-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->url, sizeof(r->url), "unix://%s/sock", r->dir);
	io_redis_run(r, password);
}

static inline void io_redis_kill(struct io_redis *r)
{
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
}

static inline void io_redis_stop(struct io_redis *r)
{
	char path[96];

	io_redis_kill(r);
	snprintf(path, sizeof(path), "%s/sock", r->dir);
	unlink(path);
	rmdir(r->dir);
}

#endif
