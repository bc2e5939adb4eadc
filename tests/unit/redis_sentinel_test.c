/*
 * redis_sentinel_test - a connection that finds its master through sentinels:
 * one master, one replica, and sentinels that really fail over.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "io/redis.h"

#define SENTINELS 2
#define SERVERS (2 + SENTINELS)
/* A sentinel looks once a second, and votes take part of another. */
#define SWITCH_MS 15000

enum { MASTER, REPLICA, SENTINEL };

struct world {
	uv_loop_t loop;
	char dir[64];
	int ports[SERVERS];
	pid_t pids[SERVERS];
	struct redis *redis;
	int ups;
	bool up, done;
	enum err e;
	int64_t port; /* of the server that has answered */
};

static int free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void start_server(struct world *w, int i, const char *more)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d.conf", w->dir, i);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "bind 127.0.0.1\nport %d\ndir %s\nlogfile %s/%d.log\n%s",
		w->ports[i], w->dir, w->dir, i, more);
	fclose(f);
	w->pids[i] = fork();
	if (w->pids[i] != 0)
		return;
	execlp("redis-server", "redis-server", path,
	       i >= SENTINEL ? "--sentinel" : (char *)NULL, (char *)NULL);
	_exit(127);
}

static void on_up(void *arg)
{
	struct world *w = arg;

	w->ups++;
	w->up = true;
}

static void on_down(void *arg)
{
	((struct world *)arg)->up = false;
}

static bool is_down(void *arg)
{
	return !((struct world *)arg)->up;
}

static void open_redis(struct world *w)
{
	char url[200], error[200];
	int n = snprintf(url, sizeof(url), "redis+sentinel://127.0.0.1:%d",
			 free_port()); /* nobody there */
	const struct redis_access access = {.url = url};
	const struct redis_options o = {
	    .access = &access, .on_up = on_up, .on_down = on_down, .arg = w};

	for (int i = SENTINEL; i < SERVERS; i++)
		n += snprintf(url + n, sizeof(url) - (size_t)n, ",127.0.0.1:%d",
			      w->ports[i]);
	snprintf(url + n, sizeof(url) - (size_t)n, "/mymaster");
	w->redis = redis_open(&w->loop, &o, error, sizeof(error));
	assert_non_null(w->redis);
}

/* The sentinels name a master once it is there, and a replica some time later.
 */
static void command(int port, const char *what, const char *expected)
{
	char line[300];

	snprintf(line, sizeof(line),
		 "for i in $(seq 200); do redis-cli -p %d %s 2>&1 | "
		 "tr '\\n' ' ' | grep -q '%s' && exit 0; sleep 0.05; done; "
		 "exit 1",
		 port, what, expected);
	assert_int_equal(system(line), 0);
}

static int setup(void **state)
{
	static struct world world;
	struct world *w = &world;
	char text[400];

	*state = w;
	uv_loop_init(&w->loop);
	snprintf(w->dir, sizeof(w->dir), "/tmp/io-test-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	for (int i = 0; i < SERVERS; i++)
		w->ports[i] = free_port();
	start_server(w, MASTER, "save \"\"\n");
	snprintf(text, sizeof(text), "save \"\"\nreplicaof 127.0.0.1 %d\n",
		 w->ports[MASTER]);
	start_server(w, REPLICA, text);
	command(w->ports[REPLICA], "role", "connected");
	snprintf(text, sizeof(text),
		 "sentinel monitor mymaster 127.0.0.1 %d 1\n"
		 "sentinel down-after-milliseconds mymaster 500\n"
		 "sentinel failover-timeout mymaster 3000\n",
		 w->ports[MASTER]);
	for (int i = SENTINEL; i < SERVERS; i++)
		start_server(w, i, text);
	for (int i = SENTINEL; i < SERVERS; i++)
		command(w->ports[i], "sentinel replicas mymaster", "name");
	return 0;
}

static void stop_server(struct world *w, int i)
{
	kill(w->pids[i], SIGKILL);
	waitpid(w->pids[i], NULL, 0);
	w->pids[i] = 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char line[100];

	io_close_loop(&w->loop);
	for (int i = 0; i < SERVERS; i++)
		if (w->pids[i])
			stop_server(w, i);
	snprintf(line, sizeof(line), "rm -r %s", w->dir);
	return system(line);
}

static void on_port(void *arg, enum err e, const struct reply *reply)
{
	struct world *w = arg;
	uint64_t port = 0;

	w->e = e;
	if (e == ERR_OK && reply_count(reply) == 2)
		(void)slice_parse_u64(reply_bytes(reply_at(reply, 1)), &port);
	w->port = (int64_t)port;
	w->done = true;
}

static int64_t port_of(struct world *w)
{
	w->done = false;
	assert_int_equal(
	    redis_commandf(w->redis, on_port, w, "CONFIG GET port"), ERR_OK);
	io_run_until(&w->loop, io_is_set, &w->done);
	assert_int_equal(w->e, ERR_OK);
	return w->port;
}

static void follows_the_master(void **state)
{
	struct world *w = *state;
	uint64_t start;

	open_redis(w);
	io_run_until(&w->loop, io_is_set, &w->up);
	assert_int_equal(port_of(w), w->ports[MASTER]);
	w->ups = 0;
	/* A sentinel that dies is no reason to leave the master. */
	stop_server(w, SENTINEL);
	for (int i = 0; i < 10; i++)
		(void)io_idle_rounds(&w->loop);
	assert_int_equal(w->ups, 0);
	/* One that hangs does not say that it is none any more. */
	kill(w->pids[MASTER], SIGSTOP);
	w->done = false;
	assert_int_equal(redis_commandf(w->redis, on_port, w, "PING"), ERR_OK);
	start = now_ms();
	io_run_until(&w->loop, is_down, w);
	assert_true(w->done);
	assert_int_equal(w->e, ERR_CLOSED);
	io_run_until(&w->loop, io_is_set, &w->up);
	assert_true(now_ms() - start < SWITCH_MS);
	assert_int_equal(port_of(w), w->ports[REPLICA]);
	/* And it is not believed when it is back. */
	kill(w->pids[MASTER], SIGCONT);
	command(w->ports[MASTER], "ping", "PONG");
	for (int i = 0; i < 10; i++)
		(void)io_idle_rounds(&w->loop);
	assert_int_equal(w->ups, 1);
	assert_int_equal(port_of(w), w->ports[REPLICA]);
	redis_close(&w->redis);
}

/* Closing at every step of finding it. */
static void may_be_closed_at_any_time(void **state)
{
	struct world *w = *state;

	for (int steps = 0; steps < 30; steps++) {
		open_redis(w);
		for (int i = 0; i < steps; i++)
			uv_run(&w->loop, UV_RUN_NOWAIT);
		redis_close(&w->redis);
	}
	w->up = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(may_be_closed_at_any_time),
	    cmocka_unit_test(follows_the_master),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
