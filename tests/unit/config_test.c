/*
 * config_test - the mirror against a real Redis: the first load, changes, gaps.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io_test.h"

#include "base/mem.h"
#include "io/redis.h"
#include "store/config.h"
#include "store/keys.h"

#define ID "wh_01ARZ3NDEKTSV4RRFFQ69G5FAV"

struct world {
	uv_loop_t loop;
	struct io_redis server;
	struct redis *redis;
	struct config *config;
	int loads, changes, mismatches;
	uint64_t version;
};

static bool is_up(void *arg)
{
	return redis_is_up(((struct world *)arg)->redis);
}

static bool is_loaded(void *arg)
{
	return config_loaded(((struct world *)arg)->config);
}

static bool is_at_version(void *arg)
{
	struct world *w = arg;

	return config_version(w->config) == w->version;
}

static bool is_mismatch(void *arg)
{
	return ((struct world *)arg)->mismatches > 0;
}

static void on_change(void *arg, enum config_kind kind, struct slice id)
{
	(void)kind;
	(void)id;
	((struct world *)arg)->changes++;
}

static void on_loaded(void *arg)
{
	((struct world *)arg)->loads++;
}

static void on_mismatch(void *arg, const char *text)
{
	assert_non_null(text);
	((struct world *)arg)->mismatches++;
}

static void open_config(struct world *w, uint64_t partitions)
{
	const struct redis_access access = {.url = w->server.url};
	const struct config_options options = {
	    .redis = &access,
	    .partitions = partitions,
	    .with_webhooks = true,
	    .with_names = true,
	    .with_keys = true,
	    .on_change = on_change,
	    .on_loaded = on_loaded,
	    .on_mismatch = on_mismatch,
	    .arg = w,
	};
	char error[128];

	w->config = config_open(&w->loop, &options, error, sizeof(error));
	assert_non_null(w->config);
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
	assert_non_null(w->redis);
	io_run_until(&w->loop, is_up, w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	config_close(&w->config);
	redis_close(&w->redis);
	io_close_loop(&w->loop);
	io_redis_stop(&w->server);
	free(w);
	return 0;
}

static void put(struct world *w, const char *key, const char *id,
		const char *text)
{
	if (text)
		assert_int_equal(redis_commandf(w->redis, NULL, NULL,
						"HSET %s %s %s", key, id, text),
				 ERR_OK);
	else
		assert_int_equal(
		    redis_commandf(w->redis, NULL, NULL, "HDEL %s %s", key, id),
		    ERR_OK);
}

static void tell(struct world *w, const char *kind, const char *id, bool aloud)
{
	w->version++;
	assert_int_equal(
	    redis_commandf(w->redis, NULL, NULL, "INCR %s", KEY_CFG_VERSION),
	    ERR_OK);
	if (aloud)
		assert_int_equal(redis_commandf(w->redis, NULL, NULL,
						"PUBLISH %s %d%b%s%b%s",
						CHANNEL_CFG, (int)w->version,
						" ", (size_t)1, kind, " ",
						(size_t)1, id),
				 ERR_OK);
}

static char *webhook_text(const char *name)
{
	return xasprintf("{\"id\":\"" ID "\",\"project\":\"acme\","
			 "\"name\":\"%s\",\"url\":\"https://example.com/\","
			 "\"version\":1,\"eventNames\":[\"*\"]}",
			 name);
}

static struct webhook *the_webhook(struct world *w)
{
	struct ulid id;

	assert_int_equal(ulid_parse(SLICE_LIT(ID), "wh", &id), ERR_OK);
	return config_webhook(w->config, &id);
}

static void test_changes(void **state)
{
	struct world *w = *state;
	char *first = webhook_text("first"), *second = webhook_text("second");
	struct webhook *kept;

	put(w, KEY_CFG_PROJECT, "acme", "{\"id\":\"acme\",\"name\":\"Acme\"}");
	put(w, KEY_CFG_PROJECT, "bad", "{\"id\":7}");
	put(w, KEY_CFG_WEBHOOK, ID, first);
	open_config(w, 8);
	io_run_until(&w->loop, is_loaded, w);
	assert_int_equal(w->loads, 1);
	assert_non_null(config_project(w->config, SLICE_LIT("acme")));
	assert_null(config_project(w->config, SLICE_LIT("bad")));
	kept = webhook_ref(the_webhook(w));
	put(w, KEY_CFG_WEBHOOK, ID, second);
	tell(w, "webhook", ID, true);
	io_run_until(&w->loop, is_at_version, w);
	assert_string_equal(the_webhook(w)->name, "second");
	assert_string_equal(kept->name, "first");
	webhook_unref(&kept);
	put(w, KEY_CFG_DISABLED, ID, "gone");
	tell(w, "webhook", ID, true);
	io_run_until(&w->loop, is_at_version, w);
	assert_string_equal(the_webhook(w)->disabled_reason, "gone");
	put(w, KEY_CFG_WEBHOOK, ID, NULL);
	tell(w, "webhook", ID, true);
	io_run_until(&w->loop, is_at_version, w);
	assert_null(the_webhook(w));
	free(first);
	free(second);
}

static struct webhook *named(struct world *w, const char *project,
			     const char *name)
{
	return config_webhook_named(w->config, slice_of(project),
				    slice_of(name));
}

static void put_webhook(struct world *w, const char *name)
{
	char *text = name ? webhook_text(name) : NULL;

	put(w, KEY_CFG_WEBHOOK, ID, text);
	free(text);
}

/* By changes that are told and by a full load. */
static void test_names(void **state)
{
	struct world *w = *state;

	put_webhook(w, "first");
	open_config(w, 8);
	io_run_until(&w->loop, is_loaded, w);
	assert_ptr_equal(named(w, "acme", "first"), the_webhook(w));
	assert_null(named(w, "acme", "firs"));
	assert_null(named(w, "beta", "first"));
	for (int aloud = 0; aloud < 2; aloud++) {
		put_webhook(w, aloud ? "third" : "second");
		tell(w, "webhook", ID, aloud);
		io_run_until(&w->loop, is_at_version, w);
		assert_ptr_equal(named(w, "acme", aloud ? "third" : "second"),
				 the_webhook(w));
		assert_null(named(w, "acme", aloud ? "second" : "first"));
	}
	put_webhook(w, NULL);
	tell(w, "webhook", ID, true);
	io_run_until(&w->loop, is_at_version, w);
	assert_null(named(w, "acme", "third"));
}

/* Nobody tells of it: the counter shows it. */
static void test_lost_message(void **state)
{
	struct world *w = *state;
	char *text = webhook_text("quiet");

	open_config(w, 8);
	io_run_until(&w->loop, is_loaded, w);
	put(w, KEY_CFG_WEBHOOK, ID, text);
	tell(w, "webhook", ID, false);
	io_run_until(&w->loop, is_at_version, w);
	assert_non_null(the_webhook(w));
	assert_int_equal(w->changes, 0);
	assert_int_equal(w->loads, 2);
	free(text);
}

static void test_keys(void **state)
{
	struct world *w = *state;
	const struct api_key *k;

	/* SHA-256 of "abc". */
	put(w, KEY_CFG_KEY, "key_1",
	    "{\"id\":\"key_1\",\"project\":\"acme\",\"name\":\"n\",\"digest\":"
	    "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
	    "ad\"}");
	open_config(w, 8);
	io_run_until(&w->loop, is_loaded, w);
	k = config_key(w->config, SLICE_LIT("abc"));
	assert_non_null(k);
	assert_string_equal(k->project, "acme");
	assert_null(config_key(w->config, SLICE_LIT("abd")));
}

static void test_partitions(void **state)
{
	struct world *w = *state;

	assert_int_equal(redis_commandf(w->redis, NULL, NULL, "SET %s 16",
					KEY_CFG_PARTITIONS),
			 ERR_OK);
	open_config(w, 8);
	io_run_until(&w->loop, is_mismatch, w);
	assert_false(config_loaded(w->config));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_changes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_lost_message, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_partitions, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
