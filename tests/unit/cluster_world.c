/*
 * cluster_world - two masters of a Redis Cluster for a test.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cluster_world.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "io/cluster_key.h"

#define BUS 10000

static const struct redis_script scripts[] = {
    {"push", "redis.call('SET', KEYS[2], ARGV[1]) "
	     "redis.call('RPUSH', KEYS[1], ARGV[1]) return #KEYS - 1 + "
	     "redis.call('LLEN', KEYS[1]) - 1"},
    /* It touches one of the same slot that it was not told. */
    {"more", "#!lua\nredis.call('RPUSH', KEYS[1], ARGV[1]) "
	     "redis.call('SET', KEYS[1] .. ':more', ARGV[1]) return 1"},
};

static void on_up(void *arg)
{
	((struct world *)arg)->ups++;
}

static void on_down(void *arg)
{
	((struct world *)arg)->downs++;
}

static void on_publish(void *arg, struct slice channel, struct slice message)
{
	assert_true(slice_eq_str(channel, CHANNEL));
	assert_true(slice_eq_str(message, "hello"));
	((struct world *)arg)->messages++;
}

/* ---- servers ---- */

static bool is_free(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool ok = bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	return ok;
}

/* The servers talk to each other at a port that follows from it. Below the
 * range from which the kernel takes ports for connections. */
static int find_port(void)
{
	struct timespec now;
	int port;

	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		port = 11000 + (int)((now.tv_nsec / 64 + getpid()) % 11000);
	} while (!is_free(port) || !is_free(port + BUS));
	return port;
}

static struct {
	char dir[32];
	int ports[2];
	pid_t pids[2];
} servers;

/* NULL: it does not answer. */
static redisReply *ask_argv(int server, int argc, const char **argv)
{
	redisContext *c = redisConnect("127.0.0.1", servers.ports[server]);
	redisReply *r = NULL;

	if (c && !c->err)
		r = redisCommandArgv(c, argc, argv, NULL);
	if (c)
		redisFree(c);
	return r;
}

#define ASK(server, ...)                                       \
	ask_argv(server,                                       \
		 (int)(sizeof((const char *[]){__VA_ARGS__}) / \
		       sizeof(const char *)),                  \
		 (const char *[]){__VA_ARGS__})

static void must_ok(redisReply *r)
{
	assert_non_null(r);
	if (r->type == REDIS_REPLY_ERROR)
		print_message("%s\n", r->str);
	assert_int_not_equal(r->type, REDIS_REPLY_ERROR);
	freeReplyObject(r);
}

static void run_server(int server)
{
	char port[16], node[16];

	/* A test that fails half way leaves nothing behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(port, sizeof(port), "%d", servers.ports[server]);
	snprintf(node, sizeof(node), "%d.conf", server);
	if (!freopen("/dev/null", "w", stdout))
		_exit(1);
	execlp("redis-server", "redis-server", "--port", port, "--bind",
	       "127.0.0.1", "--save", "", "--dir", servers.dir,
	       "--cluster-enabled", "yes", "--cluster-config-file", node,
	       "--cluster-node-timeout", "10000",
	       "--cluster-require-full-coverage", "no", (char *)NULL);
	_exit(127);
}

void world_start(int server)
{
	redisReply *r;

	servers.pids[server] = fork();
	if (servers.pids[server] == 0)
		run_server(server);
	while (!(r = ASK(server, "PING")))
		usleep(10000);
	freeReplyObject(r);
}

void world_signal(int server, int number)
{
	assert_int_equal(kill(servers.pids[server], number), 0);
}

void world_kill(int server)
{
	if (servers.pids[server] <= 0)
		return;
	world_signal(server, SIGKILL);
	waitpid(servers.pids[server], NULL, 0);
	servers.pids[server] = 0;
}

static bool says(int server, const char *what)
{
	redisReply *r = ASK(server, "CLUSTER", "INFO");
	bool found = r && r->str && strstr(r->str, what);

	if (r)
		freeReplyObject(r);
	return found;
}

/* The first has the slot of KEY, the second that of FAR. */
static void make_cluster(void)
{
	uint16_t near = cluster_slot_of(SLICE_LIT(KEY));
	uint16_t far = cluster_slot_of(SLICE_LIT(FAR));
	bool first = near < far;
	char port[16];

	assert_true((near < 8192) != (far < 8192));
	must_ok(ASK(!first, "CLUSTER", "ADDSLOTSRANGE", "0", "8191"));
	must_ok(ASK(first, "CLUSTER", "ADDSLOTSRANGE", "8192", "16383"));
	must_ok(ASK(1, "CLUSTER", "SET-CONFIG-EPOCH", "1"));
	must_ok(ASK(0, "CLUSTER", "SET-CONFIG-EPOCH", "2"));
	snprintf(port, sizeof(port), "%d", servers.ports[1]);
	must_ok(ASK(0, "CLUSTER", "MEET", "127.0.0.1", port));
	for (int i = 0; i < 2; i++)
		while (!says(i, "cluster_state:ok") ||
		       !says(i, "cluster_size:2"))
			usleep(10000);
}

int world_begin(void **state)
{
	(void)state;
	snprintf(servers.dir, sizeof(servers.dir), "/tmp/cluster-test-XXXXXX");
	assert_non_null(mkdtemp(servers.dir));
	for (int i = 0; i < 2; i++) {
		servers.ports[i] = find_port();
		world_start(i);
	}
	make_cluster();
	return 0;
}

int world_end(void **state)
{
	char command[64];

	(void)state;
	for (int i = 0; i < 2; i++)
		world_kill(i);
	snprintf(command, sizeof(command), "rm -rf %s", servers.dir);
	return system(command);
}

/* ---- the slot that moves ---- */

static void slot_text(char out[16])
{
	snprintf(out, 16, "%d", (int)cluster_slot_of(SLICE_LIT(KEY)));
}

static void set_slot(int server, const char *how, int other)
{
	redisReply *id = ASK(other, "CLUSTER", "MYID");
	char slot[16];

	assert_non_null(id);
	slot_text(slot);
	must_ok(ASK(server, "CLUSTER", "SETSLOT", slot, how, id->str));
	freeReplyObject(id);
}

void world_begin_move(void)
{
	set_slot(1, "IMPORTING", 0);
	set_slot(0, "MIGRATING", 1);
}

void world_move_keys(void)
{
	static const char *const keys[] = {KEY, KEY_B};
	char port[16];

	snprintf(port, sizeof(port), "%d", servers.ports[1]);
	for (size_t i = 0; i < 2; i++)
		must_ok(
		    ASK(0, "MIGRATE", "127.0.0.1", port, keys[i], "0", "5000"));
}

void world_end_move(void)
{
	set_slot(1, "NODE", 1);
	set_slot(0, "NODE", 1);
}

/* However the last test has left it. */
static void put_in_order(void)
{
	redisReply *home;
	char slot[16];

	slot_text(slot);
	for (int i = 0; i < 2; i++) {
		if (servers.pids[i] == 0)
			world_start(i);
		while (!says(i, "cluster_state:ok"))
			usleep(10000);
		must_ok(ASK(i, "FLUSHALL"));
		must_ok(ASK(i, "CLUSTER", "SETSLOT", slot, "STABLE"));
	}
	home = ASK(0, "GET", KEY);
	assert_non_null(home);
	if (home->type == REDIS_REPLY_ERROR) {
		set_slot(0, "IMPORTING", 1);
		set_slot(1, "MIGRATING", 0);
		set_slot(0, "NODE", 0);
		set_slot(1, "NODE", 0);
	}
	freeReplyObject(home);
}

/* ---- the world ---- */

static bool is_complete(void *arg)
{
	struct world *w = arg;

	return redis_is_up(w->redis) &&
	       redis_reaches(w->redis, SLICE_LIT(KEY)) &&
	       redis_reaches(w->redis, SLICE_LIT(FAR));
}

static bool is_up(void *arg)
{
	return redis_is_up(((struct world *)arg)->redis);
}

void world_setup_with(struct world *w, const char *channel)
{
	char url[80], error[200];
	const struct redis_access access = {.url = url};
	struct redis_options o = {
	    .access = &access,
	    .scripts = scripts,
	    .n_scripts = 2,
	    .on_up = on_up,
	    .on_down = on_down,
	    .on_publish = on_publish,
	    .arg = w,
	    .pending_max = 1000,
	};

	memset(w, 0, sizeof(*w));
	uv_loop_init(&w->loop);
	put_in_order();
	/* One is enough to find the other. */
	snprintf(url, sizeof(url), "redis+cluster://localhost:%d",
		 servers.ports[1]);
	w->redis = redis_open(&w->loop, &o, error, sizeof(error));
	assert_non_null(w->redis);
	if (channel)
		redis_subscribe(w->redis, channel);
	io_run_until(&w->loop, channel ? is_up : is_complete, w);
}

void world_setup(struct world *w)
{
	world_setup_with(w, NULL);
}

void world_teardown(struct world *w)
{
	if (w->redis)
		redis_close(&w->redis);
	io_close_loop(&w->loop);
}

void world_run_ms(struct world *w, unsigned ms)
{
	uv_timer_t span;
	bool over = false;

	uv_timer_init(&w->loop, &span);
	span.data = &over;
	uv_timer_start(&span, io_on_patience, ms, 0);
	while (!over)
		uv_run(&w->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&span, NULL);
	uv_run(&w->loop, UV_RUN_NOWAIT);
}

/* ---- past the client ---- */

void world_lindex(const char *key, int64_t place, char *out, size_t size)
{
	char number[24];

	out[0] = '\0';
	snprintf(number, sizeof(number), "%lld", (long long)place);
	for (int i = 0; i < 2; i++) {
		redisReply *r = ASK(i, "LINDEX", key, number);

		assert_non_null(r);
		if (r->type == REDIS_REPLY_STRING)
			snprintf(out, size, "%s", r->str);
		freeReplyObject(r);
	}
}

void world_publish(int server)
{
	redisReply *r = ASK(server, "PUBLISH", CHANNEL, "hello");

	if (r)
		freeReplyObject(r);
}
