/*
 * pipe_test - ZeroMQ on the loop: nothing is missed, nothing spins.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io_test.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "base/mem.h"
#include "io/pipe.h"

#define MANY 20000
#define FOREVER 1000000

struct end {
	struct pipe *pipe;
	int got;
	int wanted;
	bool echo;
	size_t last_n;
	char last[64]; /* of the last frame */
	size_t last_bytes;
	char peer[64];
	size_t peer_bytes;
};

struct world {
	uv_loop_t loop;
	struct pipe_context *context;
	struct end a, b;
	char error[200];
};

static void on_message(void *arg, struct pipe *pipe, const struct slice *frames,
		       size_t n)
{
	struct end *end = arg;
	struct slice last = frames[n - 1];

	assert_ptr_equal(pipe, end->pipe);
	end->got++;
	end->last_n = n;
	end->last_bytes = last.n;
	memcpy(end->last, last.p, last.n < 64 ? last.n : 64);
	memcpy(end->peer, frames[0].p, frames[0].n < 64 ? frames[0].n : 64);
	end->peer_bytes = frames[0].n;
	if (end->echo)
		assert_int_equal(pipe_send(pipe, frames, n), ERR_OK);
}

static bool got_all(void *arg)
{
	const struct end *end = arg;

	return end->got >= end->wanted;
}

static void want(struct world *w, struct end *end, int n)
{
	end->wanted = n;
	io_run_until(&w->loop, got_all, end);
	assert_int_equal(end->got, n);
}

static struct pipe *open_end(struct world *w, struct end *end,
			     enum pipe_kind kind, const char *identity, int hwm)
{
	struct pipe_options o = {
	    .kind = kind,
	    .hwm = hwm,
	    .identity = identity,
	    .message_bytes_max = 1000000,
	    .on_message = on_message,
	    .arg = end,
	};

	end->pipe = pipe_open(w->context, &w->loop, &o);
	return end->pipe;
}

static void setup(struct world *w)
{
	memset(w, 0, sizeof(*w));
	uv_loop_init(&w->loop);
	w->context = pipe_context_new(NULL);
}

/* a binds to a free port, b connects. */
static void setup_pair(struct world *w, enum pipe_kind kind_a,
		       enum pipe_kind kind_b, int hwm)
{
	setup(w);
	open_end(w, &w->a, kind_a, NULL, hwm);
	open_end(w, &w->b, kind_b, kind_b == PIPE_DEALER ? "peer" : NULL, hwm);
	assert_int_equal(pipe_bind(w->a.pipe, "tcp://127.0.0.1:*", w->error,
				   sizeof(w->error)),
			 ERR_OK);
	assert_int_equal(pipe_connect(w->b.pipe, pipe_bound(w->a.pipe)),
			 ERR_OK);
}

static void teardown(struct world *w)
{
	pipe_close(&w->a.pipe, 0);
	pipe_close(&w->b.pipe, 0);
	assert_null(w->a.pipe);
	io_close_loop(&w->loop);
	pipe_context_free(&w->context);
	assert_null(w->context);
}

static void send_number(struct pipe *p, const char *to, int i)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", i);
	struct slice frames[] = {slice_of(to), slice_bytes(text, (size_t)n)};

	assert_int_equal(pipe_send(p, to ? frames : frames + 1, to ? 2 : 1),
			 ERR_OK);
}

static void every_message_arrives(void **state)
{
	struct world w;

	(void)state;
	setup_pair(&w, PIPE_ROUTER, PIPE_DEALER, FOREVER);
	w.a.echo = true;
	for (int i = 0; i < MANY; i++)
		send_number(w.b.pipe, NULL, i);
	want(&w, &w.b, MANY);
	assert_int_equal(w.a.got, MANY);
	assert_int_equal(w.a.last_n, 2);
	assert_int_equal(w.a.peer_bytes, 4);
	assert_memory_equal(w.a.peer, "peer", 4);
	assert_memory_equal(w.b.last, "19999", 5);
	assert_true(io_idle_rounds(&w.loop) < 10);
	teardown(&w);
}

/* Each answer is sent from the handler of the one before: a wakeup that a send
 * swallowed would end the game. */
static void ping_pong(void **state)
{
	struct world w;

	(void)state;
	setup_pair(&w, PIPE_ROUTER, PIPE_DEALER, 10);
	w.a.echo = w.b.echo = true;
	send_number(w.b.pipe, NULL, 1);
	w.b.wanted = 5000;
	io_run_until(&w.loop, got_all, &w.b);
	teardown(&w);
}

static void blocks_are_handed_over(void **state)
{
	static const size_t sizes[] = {0, 1, 256, 257, 100000};
	struct world w;

	(void)state;
	setup_pair(&w, PIPE_ROUTER, PIPE_DEALER, 100);
	send_number(w.b.pipe, NULL, 1);
	want(&w, &w.a, 1);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct slice to = SLICE_LIT("peer");
		void *block = xcalloc(1, sizes[i] + 1);

		assert_int_equal(
		    pipe_send_owned(w.a.pipe, &to, 1, block, sizes[i]), ERR_OK);
		want(&w, &w.b, (int)i + 1);
		assert_int_equal(w.b.last_bytes, sizes[i]);
		block = xcalloc(1, sizes[i] + 1);
		assert_int_equal(
		    pipe_send_owned(w.b.pipe, NULL, 0, block, sizes[i]),
		    ERR_OK);
		want(&w, &w.a, (int)i + 2);
		assert_int_equal(w.a.last_bytes, sizes[i]);
	}
	teardown(&w);
}

static void what_is_not_sent_is_still_the_callers(void **state)
{
	struct world w;
	struct slice to = SLICE_LIT("nobody");
	char *small = xcalloc(1, 10);
	char *large = xcalloc(1, 1000);
	struct slice frames[] = {SLICE_LIT("nobody"), SLICE_LIT("x")};

	(void)state;
	setup(&w);
	open_end(&w, &w.a, PIPE_ROUTER, NULL, 1);
	open_end(&w, &w.b, PIPE_DEALER, NULL, 1);
	assert_int_equal(pipe_send(w.a.pipe, frames, 2), ERR_NOT_FOUND);
	assert_int_equal(pipe_send_owned(w.a.pipe, &to, 1, small, 10),
			 ERR_NOT_FOUND);
	assert_int_equal(pipe_send_owned(w.a.pipe, &to, 1, large, 1000),
			 ERR_NOT_FOUND);
	assert_int_equal(pipe_send_owned(w.b.pipe, NULL, 0, small, 10),
			 ERR_AGAIN);
	assert_int_equal(pipe_send_owned(w.b.pipe, NULL, 0, large, 1000),
			 ERR_AGAIN);
	memset(small, 1, 10);
	memset(large, 1, 1000);
	free(small);
	free(large);
	teardown(&w);
}

/* Sends until the mark is reached; says how many went out. */
static int fill(struct world *w)
{
	static const char block[10000];
	struct slice frame = {block, sizeof(block)};
	int n = 0;

	while (pipe_send(w->b.pipe, &frame, 1) == ERR_OK)
		n++;
	return n;
}

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
}

static void back_pressure(void **state)
{
	struct world w;
	uv_timer_t tick;
	int sent = 0, quiet = 0;

	(void)state;
	setup_pair(&w, PIPE_PULL, PIPE_PUSH, 10);
	pipe_read_stop(w.a.pipe);
	uv_timer_init(&w.loop, &tick);
	uv_timer_start(&tick, on_tick, 5, 5);
	/* Until the sockets' own buffers are full as well. */
	while (quiet < 20) {
		int n = fill(&w);

		sent += n;
		quiet = n ? 0 : quiet + 1;
		uv_run(&w.loop, UV_RUN_ONCE);
	}
	assert_true(sent > 10 && sent < 5000);
	assert_int_equal(w.a.got, 0);
	uv_timer_stop(&tick);
	assert_true(io_idle_rounds(&w.loop) < 10);
	pipe_read_start(w.a.pipe);
	want(&w, &w.a, sent);
	assert_true(io_idle_rounds(&w.loop) < 10);
	uv_close((uv_handle_t *)&tick, NULL);
	teardown(&w);
}

static void too_many_frames_are_dropped(void **state)
{
	struct world w;
	struct slice frames[40];

	(void)state;
	for (size_t i = 0; i < 40; i++)
		frames[i] = SLICE_LIT("f");
	setup_pair(&w, PIPE_PULL, PIPE_PUSH, 100);
	assert_int_equal(pipe_send(w.b.pipe, frames, 40), ERR_OK);
	assert_int_equal(pipe_send(w.b.pipe, frames, 17), ERR_OK);
	assert_int_equal(pipe_send(w.b.pipe, frames, 16), ERR_OK);
	want(&w, &w.a, 1);
	assert_int_equal(w.a.last_n, 16);
	assert_int_equal(pipe_dropped(w.a.pipe), 2);
	teardown(&w);
}

static void a_frame_too_large_costs_only_its_sender(void **state)
{
	struct world w;
	struct end c = {0};
	void *huge = xcalloc(1, 1000001);

	(void)state;
	setup_pair(&w, PIPE_PULL, PIPE_PUSH, 100);
	open_end(&w, &c, PIPE_PUSH, NULL, 100);
	assert_int_equal(pipe_connect(c.pipe, pipe_bound(w.a.pipe)), ERR_OK);
	assert_int_equal(pipe_send_owned(w.b.pipe, NULL, 0, huge, 1000001),
			 ERR_OK);
	send_number(c.pipe, NULL, 7);
	want(&w, &w.a, 1);
	assert_int_equal(w.a.last[0], '7');
	pipe_close(&c.pipe, 0);
	teardown(&w);
}

static bool no_subscriptions(void *arg)
{
	return !pipe_is_heard(arg, "attempt");
}

static void subscriptions_are_counted(void **state)
{
	struct world w;
	struct slice wrong[] = {SLICE_LIT("other.x"), SLICE_LIT("1")};
	struct slice right[] = {SLICE_LIT("attempt.x"), SLICE_LIT("2")};

	(void)state;
	setup_pair(&w, PIPE_XPUB, PIPE_SUB, 100);
	assert_false(pipe_is_heard(w.a.pipe, "attempt"));
	pipe_subscribe(w.b.pipe, SLICE_LIT("attempt."));
	want(&w, &w.a, 1);
	assert_true(pipe_is_heard(w.a.pipe, "attempt"));
	assert_false(pipe_is_heard(w.a.pipe, "webhook"));
	assert_int_equal(pipe_send(w.a.pipe, wrong, 2), ERR_OK);
	assert_int_equal(pipe_send(w.a.pipe, right, 2), ERR_OK);
	want(&w, &w.b, 1);
	assert_int_equal(w.b.last[0], '2');
	pipe_close(&w.b.pipe, 0);
	io_run_until(&w.loop, no_subscriptions, w.a.pipe);
	open_end(&w, &w.b, PIPE_SUB, NULL, 10);
	teardown(&w);
}

static void a_question_and_its_answer(void **state)
{
	struct world w;

	(void)state;
	setup_pair(&w, PIPE_ROUTER, PIPE_REQ, 100);
	w.a.echo = true;
	for (int i = 1; i < 4; i++) {
		send_number(w.b.pipe, NULL, i);
		want(&w, &w.b, i);
		assert_int_equal(w.a.last_n, 3);
		assert_true(io_idle_rounds(&w.loop) < 10);
	}
	teardown(&w);
}

static void ipc_and_lists_of_endpoints(void **state)
{
	struct world w;
	char dir[] = "/tmp/pipe-test-XXXXXX";
	char list[200], path[100];
	struct sockaddr_un stale = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	setup(&w);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "ipc://%s/s", dir);
	snprintf(list, sizeof(list), "tcp://127.0.0.1:*,%s", path);
	snprintf(stale.sun_path, sizeof(stale.sun_path), "%s", path + 6);
	assert_int_equal(bind(fd, (struct sockaddr *)&stale, sizeof(stale)), 0);
	close(fd);
	open_end(&w, &w.a, PIPE_PULL, NULL, 100);
	open_end(&w, &w.b, PIPE_PUSH, NULL, 100);
	assert_int_equal(pipe_bind(w.a.pipe, list, w.error, sizeof(w.error)),
			 ERR_OK);
	/* Both are told, the port in place of the star. */
	assert_non_null(strstr(pipe_bound(w.a.pipe), "tcp://127.0.0.1:"));
	assert_null(strchr(pipe_bound(w.a.pipe), '*'));
	assert_string_equal(strchr(pipe_bound(w.a.pipe), ',') + 1, path);
	assert_int_equal(pipe_connect(w.b.pipe, path), ERR_OK);
	send_number(w.b.pipe, NULL, 1);
	want(&w, &w.a, 1);
	/* Somebody listens there. */
	assert_int_equal(pipe_bind(w.b.pipe, path, w.error, sizeof(w.error)),
			 ERR_IO);
	assert_non_null(strstr(w.error, "in use"));
	teardown(&w);
	unlink(path + 6);
	rmdir(dir);
}

static void faults_of_binding(void **state)
{
	struct world w;
	char again[200];

	(void)state;
	setup_pair(&w, PIPE_PULL, PIPE_PUSH, 1);
	snprintf(again, sizeof(again), "%s", pipe_bound(w.a.pipe));
	assert_int_equal(pipe_bind(w.b.pipe, again, w.error, sizeof(w.error)),
			 ERR_IO);
	assert_non_null(strstr(w.error, again));
	assert_int_equal(pipe_bind(w.b.pipe, "", w.error, sizeof(w.error)),
			 ERR_IO);
	assert_int_equal(
	    pipe_bind(w.b.pipe, "nonsense", w.error, sizeof(w.error)), ERR_IO);
	assert_int_equal(pipe_connect(w.b.pipe, "nonsense"), ERR_IO);
	pipe_disconnect(w.b.pipe, "tcp://127.0.0.1:1");
	teardown(&w);
}

/* What is queued still leaves when it may linger. */
static void unsent_messages_linger(void **state)
{
	struct world w;

	(void)state;
	setup_pair(&w, PIPE_PULL, PIPE_PUSH, 5000);
	for (int i = 0; i < 1000; i++)
		send_number(w.b.pipe, NULL, i);
	pipe_close(&w.b.pipe, 5000);
	want(&w, &w.a, 1000);
	open_end(&w, &w.b, PIPE_PUSH, NULL, 1);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message_arrives),
	    cmocka_unit_test(ping_pong),
	    cmocka_unit_test(blocks_are_handed_over),
	    cmocka_unit_test(what_is_not_sent_is_still_the_callers),
	    cmocka_unit_test(back_pressure),
	    cmocka_unit_test(too_many_frames_are_dropped),
	    cmocka_unit_test(a_frame_too_large_costs_only_its_sender),
	    cmocka_unit_test(subscriptions_are_counted),
	    cmocka_unit_test(a_question_and_its_answer),
	    cmocka_unit_test(ipc_and_lists_of_endpoints),
	    cmocka_unit_test(faults_of_binding),
	    cmocka_unit_test(unsent_messages_linger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
