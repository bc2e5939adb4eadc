/*
 * redis_test - the Redis connection against a real server that comes and goes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io_test.h"

#include "base/buf.h"
#include "base/mem.h"
#include "io/redis.h"

static const struct redis_script scripts[] = {
    {"double", "return tonumber(ARGV[1]) * 2"},
    {"put", "return redis.call('SET', KEYS[1], ARGV[1])"},
};

struct world {
	uv_loop_t loop;
	struct io_redis server;
	struct redis *redis;
	int ups, downs, messages;
	bool up, done;
	int answers;
	enum err e;
	enum reply_kind kind;
	int64_t number;
	size_t count;
	struct buf text;
};

static void on_up(void *arg)
{
	struct world *w = arg;

	w->ups++;
	w->up = true;
}

static void on_down(void *arg)
{
	struct world *w = arg;

	w->downs++;
	w->up = false;
}

static void on_publish(void *arg, struct slice channel, struct slice message)
{
	struct world *w = arg;

	assert_true(slice_eq_str(channel, "news"));
	buf_reset(&w->text);
	buf_append_slice(&w->text, message);
	w->messages++;
	w->done = true;
}

static void on_reply(void *arg, enum err e, const struct reply *reply)
{
	struct world *w = arg;

	w->answers++;
	w->e = e;
	w->kind = reply_kind(reply);
	w->number = reply_int(reply);
	w->count = reply_count(reply);
	buf_reset(&w->text);
	buf_append_slice(&w->text, reply_bytes(reply));
	w->done = true;
}

static struct redis *open_to(struct world *w, char *url, char *password)
{
	const struct redis_access access = {.url = url, .password = password};
	struct redis_options o = {
	    .access = &access,
	    .scripts = scripts,
	    .n_scripts = 2,
	    .on_up = on_up,
	    .on_down = on_down,
	    .on_publish = on_publish,
	    .arg = w,
	    .pending_max = 100,
	};
	char error[200];

	return redis_open(&w->loop, &o, error, sizeof(error));
}

static void setup_with(struct world *w, const char *server_password)
{
	memset(w, 0, sizeof(*w));
	uv_loop_init(&w->loop);
	buf_init(&w->text, 16 << 20);
	io_redis_start(&w->server, server_password);
}

static void setup(struct world *w)
{
	setup_with(w, "");
	w->redis = open_to(w, w->server.url, NULL);
	assert_non_null(w->redis);
	assert_false(redis_is_up(w->redis));
	io_run_until(&w->loop, io_is_set, &w->up);
	assert_true(redis_is_up(w->redis));
}

static void teardown(struct world *w)
{
	redis_close(&w->redis);
	assert_null(w->redis);
	io_close_loop(&w->loop);
	io_redis_stop(&w->server);
	buf_fini(&w->text);
}

static void wait_reply(struct world *w)
{
	w->done = false;
	io_run_until(&w->loop, io_is_set, &w->done);
}

static void ask(struct world *w, const char *one, const char *two,
		const char *three)
{
	const struct slice argv[] = {slice_of(one), slice_of(two),
				     slice_of(three)};
	size_t n = three ? 3 : two ? 2 : 1;

	assert_int_equal(redis_command(w->redis, argv, n, on_reply, w), ERR_OK);
	wait_reply(w);
}

static void replies_of_every_kind(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	ask(&w, "SET", "k", "v");
	assert_int_equal(w.kind, REPLY_STATUS);
	assert_true(slice_eq_str(buf_slice(&w.text), "OK"));
	ask(&w, "GET", "k", NULL);
	assert_int_equal(w.kind, REPLY_BYTES);
	assert_true(slice_eq_str(buf_slice(&w.text), "v"));
	ask(&w, "GET", "none", NULL);
	assert_int_equal(w.kind, REPLY_NIL);
	assert_int_equal(w.e, ERR_OK);
	ask(&w, "INCR", "n", NULL);
	assert_int_equal(w.kind, REPLY_INT);
	assert_int_equal(w.number, 1);
	ask(&w, "MGET", "k", "n");
	assert_int_equal(w.kind, REPLY_ARRAY);
	assert_int_equal(w.count, 2);
	ask(&w, "INCR", "k", NULL);
	assert_int_equal(w.e, ERR_REFUSED);
	assert_int_equal(w.kind, REPLY_ERROR);
	assert_true(w.text.n > 0);
	assert_int_equal(
	    redis_commandf(w.redis, on_reply, &w, "SET f %b", "x", (size_t)1),
	    ERR_OK);
	assert_int_equal(redis_pending(w.redis), 1);
	wait_reply(&w);
	assert_int_equal(w.e, ERR_OK);
	assert_int_equal(redis_pending(w.redis), 0);
	assert_int_equal(redis_commandf(w.redis, NULL, NULL, "DEL f"), ERR_OK);
	teardown(&w);
}

/* More than a socket takes at once, in both directions. */
static void large_values(void **state)
{
	struct world w;
	size_t n = 9 << 20;
	char *big = xcalloc(1, n);
	struct slice argv[] = {SLICE_LIT("SET"), SLICE_LIT("big"), {big, n}};

	(void)state;
	setup(&w);
	assert_int_equal(redis_command(w.redis, argv, 3, on_reply, &w), ERR_OK);
	wait_reply(&w);
	assert_int_equal(w.e, ERR_OK);
	ask(&w, "GET", "big", NULL);
	assert_int_equal(w.text.n, n);
	assert_memory_equal(w.text.p, big, n);
	assert_true(io_idle_rounds(&w.loop) < 10);
	free(big);
	teardown(&w);
}

static void double_it(struct world *w)
{
	struct slice argv[] = {SLICE_LIT("21")};

	assert_int_equal(
	    redis_script(w->redis, 0, NULL, 0, argv, 1, on_reply, w), ERR_OK);
	wait_reply(w);
}

static void scripts_come_back(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	double_it(&w);
	assert_int_equal(w.number, 42);
	ask(&w, "SCRIPT", "FLUSH", NULL);
	double_it(&w);
	assert_int_equal(w.e, ERR_AGAIN);
	double_it(&w);
	assert_int_equal(w.e, ERR_OK);
	assert_int_equal(w.number, 42);
	teardown(&w);
}

static void out_of_memory_is_full(void **state)
{
	struct world w;
	struct slice key = SLICE_LIT("k");
	struct slice value = SLICE_LIT("v");

	(void)state;
	setup(&w);
	assert_int_equal(
	    redis_commandf(w.redis, on_reply, &w, "CONFIG SET maxmemory 1"),
	    ERR_OK);
	wait_reply(&w);
	ask(&w, "SET", "k", "v");
	assert_int_equal(w.e, ERR_FULL);
	assert_int_equal(
	    redis_script(w.redis, 1, &key, 1, &value, 1, on_reply, &w), ERR_OK);
	wait_reply(&w);
	assert_int_equal(w.e, ERR_FULL);
	teardown(&w);
}

static bool is_down(void *arg)
{
	return !((struct world *)arg)->up;
}

static void survives_the_server(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	for (int i = 0; i < 3; i++) {
		w.answers = 0;
		assert_int_equal(
		    redis_commandf(w.redis, on_reply, &w, "BLPOP never 0"),
		    ERR_OK);
		assert_int_equal(redis_commandf(w.redis, on_reply, &w, "PING"),
				 ERR_OK);
		uv_run(&w.loop, UV_RUN_NOWAIT);
		io_redis_kill(&w.server);
		io_run_until(&w.loop, is_down, &w);
		assert_int_equal(w.answers, 2);
		assert_int_equal(w.e, ERR_CLOSED);
		assert_int_equal(w.downs, i + 1);
		assert_int_equal(redis_pending(w.redis), 0);
		assert_int_equal(redis_commandf(w.redis, on_reply, &w, "PING"),
				 ERR_CLOSED);
		io_redis_run(&w.server, "");
		io_run_until(&w.loop, io_is_set, &w.up);
		assert_int_equal(w.ups, i + 2);
		double_it(&w);
		assert_int_equal(w.number, 42);
	}
	teardown(&w);
}

static void run_cli(struct world *w, const char *what)
{
	char command[200];

	snprintf(command, sizeof(command), "redis-cli -s %s/sock %s >/dev/null",
		 w->server.dir, what);
	assert_int_equal(system(command), 0);
}

/* After a failover the old master refuses to write, and nobody stays with it.
 */
static void leaves_a_replica(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	ask(&w, "REPLICAOF", "127.0.0.1", "1");
	ask(&w, "SET", "k", "v");
	assert_int_equal(w.e, ERR_AGAIN);
	io_run_until(&w.loop, is_down, &w);
	for (int i = 0; i < 5; i++)
		(void)io_idle_rounds(&w.loop);
	assert_false(w.up);
	run_cli(&w, "REPLICAOF NO ONE");
	io_run_until(&w.loop, io_is_set, &w.up);
	ask(&w, "SET", "k", "v");
	assert_int_equal(w.e, ERR_OK);
	teardown(&w);
}

/* A server that is stopped for a moment is waited for. */
static void waits_for_a_stopped_server(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	kill(w.server.pid, SIGSTOP);
	assert_int_equal(redis_commandf(w.redis, on_reply, &w, "PING"), ERR_OK);
	assert_true(io_idle_rounds(&w.loop) < 10);
	assert_int_equal(w.answers, 0);
	kill(w.server.pid, SIGCONT);
	wait_reply(&w);
	assert_int_equal(w.e, ERR_OK);
	assert_int_equal(w.downs, 0);
	teardown(&w);
}

static void waiting_commands_are_bounded(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	for (int i = 0; i < 100; i++)
		assert_int_equal(redis_commandf(w.redis, on_reply, &w, "PING"),
				 ERR_OK);
	assert_int_equal(redis_commandf(w.redis, on_reply, &w, "PING"),
			 ERR_FULL);
	redis_close(&w.redis);
	assert_int_equal(w.answers, 100);
	assert_int_equal(w.e, ERR_CLOSED);
	teardown(&w);
}

static void on_reply_close(void *arg, enum err e, const struct reply *reply)
{
	struct world *w = arg;

	(void)reply;
	assert_int_equal(e, ERR_OK);
	redis_close(&w->redis);
	w->done = true;
}

static void may_be_closed_in_a_callback(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	assert_int_equal(redis_commandf(w.redis, on_reply_close, &w, "PING"),
			 ERR_OK);
	for (int i = 0; i < 5; i++)
		assert_int_equal(redis_commandf(w.redis, on_reply, &w, "PING"),
				 ERR_OK);
	wait_reply(&w);
	assert_int_equal(w.answers, 5);
	assert_int_equal(w.e, ERR_CLOSED);
	teardown(&w);
}

/* Closing at every step of connecting. */
static void may_be_closed_at_any_time(void **state)
{
	struct world w;

	(void)state;
	setup_with(&w, "");
	for (int steps = 0; steps < 12; steps++) {
		w.redis = open_to(&w, w.server.url, NULL);
		for (int i = 0; i < steps; i++)
			uv_run(&w.loop, UV_RUN_NOWAIT);
		redis_close(&w.redis);
		w.redis = open_to(&w, "redis://localhost:1", NULL);
		for (int i = 0; i < steps; i++)
			uv_run(&w.loop, UV_RUN_NOWAIT);
		redis_close(&w.redis);
	}
	teardown(&w);
}

static void on_reply_again(void *arg, enum err e, const struct reply *reply)
{
	struct world *w = arg;

	(void)reply;
	w->answers++;
	w->done = w->answers == 50 || e != ERR_OK;
	if (!w->done)
		assert_int_equal(
		    redis_commandf(w->redis, on_reply_again, w, "PING"),
		    ERR_OK);
}

static void commands_in_callbacks(void **state)
{
	struct world w;

	(void)state;
	setup(&w);
	assert_int_equal(redis_commandf(w.redis, on_reply_again, &w, "PING"),
			 ERR_OK);
	wait_reply(&w);
	assert_int_equal(w.answers, 50);
	teardown(&w);
}

static void passwords(void **state)
{
	struct world w;
	char url[128];

	(void)state;
	setup_with(&w, "sesame");
	w.redis = open_to(&w, w.server.url, "sesame");
	io_run_until(&w.loop, io_is_set, &w.up);
	redis_close(&w.redis);
	w.up = false;
	snprintf(url, sizeof(url), "%s", w.server.url);
	w.redis = open_to(&w, url, "wrong");
	/* Refused, again and again, but never up. */
	assert_true(io_idle_rounds(&w.loop) < 200);
	assert_int_equal(w.ups, 1);
	assert_int_equal(w.downs, 0);
	teardown(&w);
}

static void messages(void **state)
{
	struct world w;
	struct redis *publisher;

	(void)state;
	setup_with(&w, "");
	w.redis = open_to(&w, w.server.url, NULL);
	redis_subscribe(w.redis, "news");
	redis_subscribe(w.redis, "other");
	io_run_until(&w.loop, io_is_set, &w.up);
	for (int i = 0; i < 2; i++) {
		w.up = false;
		publisher = open_to(&w, w.server.url, NULL);
		io_run_until(&w.loop, io_is_set, &w.up);
		assert_int_equal(
		    redis_commandf(publisher, NULL, NULL, "PUBLISH news %d", i),
		    ERR_OK);
		wait_reply(&w);
		assert_int_equal(w.messages, i + 1);
		assert_int_equal(w.text.p[0], '0' + i);
		redis_close(&publisher);
		io_redis_kill(&w.server);
		io_run_until(&w.loop, is_down, &w);
		io_redis_run(&w.server, "");
		io_run_until(&w.loop, io_is_set, &w.up);
	}
	teardown(&w);
}

static void a_bad_url_is_refused(void **state)
{
	struct world w = {0};

	(void)state;
	uv_loop_init(&w.loop);
	assert_null(open_to(&w, "redis://", NULL));
	io_close_loop(&w.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies_of_every_kind),
	    cmocka_unit_test(large_values),
	    cmocka_unit_test(scripts_come_back),
	    cmocka_unit_test(out_of_memory_is_full),
	    cmocka_unit_test(survives_the_server),
	    cmocka_unit_test(leaves_a_replica),
	    cmocka_unit_test(waits_for_a_stopped_server),
	    cmocka_unit_test(waiting_commands_are_bounded),
	    cmocka_unit_test(may_be_closed_in_a_callback),
	    cmocka_unit_test(may_be_closed_at_any_time),
	    cmocka_unit_test(commands_in_callbacks),
	    cmocka_unit_test(passwords),
	    cmocka_unit_test(messages),
	    cmocka_unit_test(a_bad_url_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
