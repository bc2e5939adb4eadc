/*
 * registry_test - who is alive, against a real Redis.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io_test.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/redis.h"
#include "proto/message.h"
#include "store/keys.h"
#include "store/registry.h"

struct world {
	uv_loop_t loop;
	struct io_redis server;
	struct redis *redis;
	struct registry *a, *b;
	int changes;
	size_t want;
};

static size_t count(const struct registry *r)
{
	size_t pos = 0, n = 0;

	while (registry_next(r, &pos))
		n++;
	return n;
}

static bool is_up(void *arg)
{
	return redis_is_up(((struct world *)arg)->redis);
}

static bool sees_want(void *arg)
{
	struct world *w = arg;

	return count(w->a) == w->want;
}

static bool sees_owner(void *arg)
{
	struct world *w = arg;

	return registry_owner(w->a, 3) != NULL;
}

static void on_change(void *arg)
{
	((struct world *)arg)->changes++;
}

static void figures(void *arg, struct buf *out)
{
	(void)arg;
	buf_append_str(out, "{\"n\":1}");
}

static struct registry *join(struct world *w, const char *service,
			     const char *instance)
{
	const struct redis_access access = {.url = w->server.url};
	const struct registry_options o = {
	    .service = service,
	    .instance = instance,
	    .redis = &access,
	    .sender_endpoints = "tcp://127.0.0.1:5572",
	    .figures = figures,
	    .on_change = on_change,
	    .arg = w,
	};
	char error[128];
	struct registry *r = registry_open(&w->loop, &o, error, sizeof(error));

	assert_non_null(r);
	return r;
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct redis_access access = {.url = w->server.url};
	struct redis_options o = {.access = &access, .arg = w};
	char error[128];

	uv_loop_init(&w->loop);
	io_redis_start(&w->server, "");
	w->redis = redis_open(&w->loop, &o, error, sizeof(error));
	io_run_until(&w->loop, is_up, w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	registry_close(&w->a);
	registry_close(&w->b);
	redis_close(&w->redis);
	io_close_loop(&w->loop);
	io_redis_stop(&w->server);
	free(w);
	return 0;
}

static void test_joins_and_leaves(void **state)
{
	struct world *w = *state;
	const struct process_info *p;

	w->a = join(w, "ingest", "i-1");
	w->b = join(w, "router", "r-1");
	w->want = 2;
	io_run_until(&w->loop, sees_want, w);
	p = registry_find(w->a, "r-1");
	assert_non_null(p);
	assert_string_equal(p->service, "router");
	assert_string_equal(p->sender_endpoints, "tcp://127.0.0.1:5572");
	assert_string_equal(p->figures, "{\"n\":1}");
	assert_true(p->healthy);
	assert_null(registry_find(w->a, "r-2"));
	assert_true(w->changes > 0);
	assert_int_equal(redis_commandf(w->redis, NULL, NULL, "HSET %s 3 r-1",
					KEY_RUN_OWNER),
			 ERR_OK);
	io_run_until(&w->loop, sees_owner, w);
	assert_string_equal(registry_owner(w->a, 3)->instance, "r-1");
	assert_null(registry_owner(w->a, 4));
	registry_close(&w->b);
	w->want = 1;
	io_run_until(&w->loop, sees_want, w);
}

static void put_record(struct world *w, const char *instance, uint64_t ms)
{
	struct msg_head head = msg_head(MSG_process, 1);
	struct msg_process m = {.service = SLICE_LIT("sender"),
				.instance = slice_of(instance)};
	struct buf out;

	buf_init(&out, 4096);
	buf_printf(&out, "%" PRIu64 " ", ms);
	msg_encode_head(&out, &head);
	msg_encode_process(&out, &m);
	assert_int_equal(redis_commandf(w->redis, NULL, NULL, "HSET %s %s %b",
					KEY_RUN_PROCESS, instance, out.p,
					out.n),
			 ERR_OK);
	buf_fini(&out);
}

/* One is fresh for a moment only, one is stale, one is no record. */
static void test_freshness(void **state)
{
	struct world *w = *state;
	uint64_t now = wall_ms();

	put_record(w, "fresh", now - REGISTRY_STALE_MS + 1500);
	put_record(w, "stale", now - REGISTRY_STALE_MS - 1000);
	assert_int_equal(redis_commandf(w->redis, NULL, NULL, "HSET %s bad x",
					KEY_RUN_PROCESS),
			 ERR_OK);
	w->a = join(w, "ingest", "i-1");
	w->want = 2;
	io_run_until(&w->loop, sees_want, w);
	assert_non_null(registry_find(w->a, "fresh"));
	assert_null(registry_find(w->a, "stale"));
	w->want = 1;
	io_run_until(&w->loop, sees_want, w);
	assert_null(registry_find(w->a, "fresh"));
}

/* With CURVE a target names the server's key, but not for ipc://. */
static void test_pick_with_key(void **state)
{
	char key[] = "0123456789012345678901234567890123456789";
	struct process_info away = {.host = (char *)(uintptr_t) "elsewhere",
				    .curve_key = key};
	char out[PIPE_TARGET_SIZE], long_list[600];

	(void)state;
	assert_true(registry_pick_target(&away, "tcp://0.0.0.0:7", out));
	assert_string_equal(
	    out, "tcp://elsewhere:7 0123456789012345678901234567890123456789");
	memset(long_list, 'a', sizeof(long_list) - 1);
	long_list[sizeof(long_list) - 1] = '\0';
	memcpy(long_list, "tcp://", 6);
	assert_false(registry_pick_target(&away, long_list, out));
	long_list[512] = '\0';
	(void)registry_pick_target(&away, long_list, out);
}

static void test_pick(void **state)
{
	char here[256] = "", out[PIPE_TARGET_SIZE], path[64], list[256];
	struct process_info p = {.host = here};
	struct process_info away = {.host = (char *)(uintptr_t) "elsewhere"};
	int fd;

	(void)state;
	assert_int_equal(gethostname(here, sizeof(here) - 1), 0);
	snprintf(path, sizeof(path), "/tmp/registry-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	snprintf(list, sizeof(list), "tcp://10.0.0.1:1,ipc://%s", path);
	assert_true(registry_pick_target(&p, list, out));
	assert_int_equal(strncmp(out, "ipc://", 6), 0);
	assert_true(registry_pick_target(&away, list, out));
	assert_string_equal(out, "tcp://10.0.0.1:1");
	unlink(path);
	assert_true(registry_pick_target(&p, list, out));
	assert_string_equal(out, "tcp://10.0.0.1:1");
	assert_true(registry_pick_target(&away, "tcp://0.0.0.0:7", out));
	assert_string_equal(out, "tcp://elsewhere:7");
	/* What a wildcard was taken for is still one of the list. */
	assert_true(
	    registry_has_target(&away, "ipc:///x,tcp://0.0.0.0:7", out));
	assert_false(registry_has_target(&away, "tcp://0.0.0.0:71", out));
	assert_false(registry_has_target(&p, "tcp://0.0.0.0:7", out));
	assert_true(registry_has_target(&p, "tcp://*:7", "tcp://127.0.0.1:7"));
	assert_true(registry_has_target(&p, "a,ipc:///x", "ipc:///x"));
	assert_false(registry_has_target(&p, NULL, "ipc:///x"));
	assert_false(registry_pick_target(&p, "", out));
	assert_false(registry_pick_target(&p, NULL, out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_joins_and_leaves, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(test_freshness, set_up, tear_down),
	    cmocka_unit_test(test_pick),
	    cmocka_unit_test(test_pick_with_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
