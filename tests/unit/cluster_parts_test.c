/*
 * cluster_parts_test - what a cluster is made of and needs no server: slots of
 * keys, keys of commands, maps, redirects, URLs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io_test.h"

#include <hiredis/hiredis.h>

#include "io/cluster_key.h"
#include "io/cluster_map.h"
#include "io/cluster_url.h"

static void slots(void **state)
{
	/* As CLUSTER KEYSLOT counts them. */
	static const struct {
		const char *key;
		uint16_t slot;
	} all[] = {
	    {"123456789", 12739},   {"", 0},
	    {"pr:{p0}:log", 15882}, {"pr:{p7}:delivery", 3821},
	    {"pr:{p18}:x", 6647},   {"{p1}", 11819},
	    {"a{p1}b{p2}", 11819},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(cluster_slot_of(slice_of(all[i].key)),
				 all[i].slot);
	/* No tag: the whole key counts. */
	assert_int_not_equal(cluster_slot_of(SLICE_LIT("{}p1")),
			     cluster_slot_of(SLICE_LIT("{}p2")));
	assert_int_not_equal(cluster_slot_of(SLICE_LIT("{p1")),
			     cluster_slot_of(SLICE_LIT("{p1}")));
}

static void guards(void **state)
{
	char out[16];
	struct slice guard;

	(void)state;
	assert_true(cluster_guard_of(SLICE_LIT("pr:{p7}:log"), out, sizeof(out),
				     &guard));
	assert_true(slice_eq_str(guard, "pr:{p7}!"));
	assert_int_equal(cluster_slot_of(guard),
			 cluster_slot_of(SLICE_LIT("pr:{p7}:log")));
	assert_false(
	    cluster_guard_of(SLICE_LIT("pr:p7"), out, sizeof(out), &guard));
	assert_false(
	    cluster_guard_of(SLICE_LIT("{}x"), out, sizeof(out), &guard));
	assert_false(
	    cluster_guard_of(SLICE_LIT("pr:{p7}:log"), out, 7, &guard));
}

/* One word after the other, as hiredis formats them. */
static void check_key(const char *words, const char *want)
{
	char *command;
	int n = redisFormatCommand(&command, words);
	struct slice whole = slice_bytes(command, (size_t)n), key;
	bool found = cluster_key_of(whole, &key);

	assert_int_equal(found, want != NULL);
	if (want)
		assert_true(slice_eq_str(key, want));
	/* However it is cut: no byte behind its end is read (ASan looks). */
	for (size_t cut = 0; cut < whole.n; cut++) {
		char *copy = malloc(cut + 1);

		memcpy(copy, command, cut);
		(void)cluster_key_of(slice_bytes(copy, cut), &key);
		free(copy);
	}
	redisFreeCommand(command);
}

static void keys_of_commands(void **state)
{
	(void)state;
	check_key("GET pr:{cfg}:version", "pr:{cfg}:version");
	check_key("hset k f v", "k");
	check_key("MGET a b", "a");
	check_key("EVALSHA 0123 2 k1 k2 a", "k1");
	check_key("evalsha 0123 0 a", NULL);
	check_key("EVALSHA 0123 x k1", NULL);
	check_key("PING", NULL);
	check_key("scan 0 MATCH x", NULL);
	check_key("WAIT 1 100", NULL);
	check_key("PUBLISH news x", NULL);
}

/* The reply that such bytes are. */
static redisReply *reply_of(const char *bytes)
{
	redisReader *reader = redisReaderCreate();
	void *reply = NULL;

	assert_int_equal(redisReaderFeed(reader, bytes, strlen(bytes)),
			 REDIS_OK);
	assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
	assert_non_null(reply);
	redisReaderFree(reader);
	return reply;
}

static const struct reply *view(const redisReply *r)
{
	return (const struct reply *)(const void *)r;
}

static enum err read_map(struct cluster_map *map, const char *bytes)
{
	redisReply *r = reply_of(bytes);
	enum err e = cluster_map_read(map, view(r), "asked");

	freeReplyObject(r);
	return e;
}

#define A "$1\r\na\r\n"
#define NODE(host, port) "*3\r\n" host ":" port "\r\n$2\r\nid\r\n"
#define RANGE(n, first, last) "*" n "\r\n:" first "\r\n:" last "\r\n"

static void maps(void **state)
{
	static struct cluster_map map;
	static const char *const bad[] = {
	    "+OK\r\n",
	    "*1\r\n*2\r\n:0\r\n:1\r\n",
	    "*1\r\n" RANGE("3", "-1", "1") NODE(A, "1"),
	    "*1\r\n" RANGE("3", "2", "1") NODE(A, "1"),
	    "*1\r\n" RANGE("3", "0", "16384") NODE(A, "1"),
	    "*1\r\n" RANGE("3", "0", "1") NODE(A, "0"),
	    "*1\r\n" RANGE("3", "0", "1") NODE(A, "65536"),
	    "*1\r\n" RANGE("3", "0", "1") "*1\r\n" A,
	    "*1\r\n:7\r\n",
	};
	static const char good[] = "*3\r\n" RANGE("4", "0", "99") NODE(A, "1")
	    NODE("$1\r\nr\r\n", "9") RANGE("3", "100", "200")
		NODE("$-1\r\n", "2") RANGE("3", "16383", "16383") NODE(A, "1");

	(void)state;
	assert_int_equal(read_map(&map, good), ERR_OK);
	assert_int_equal(map.n_places, 2);
	assert_string_equal(map.places[0].host, "a");
	assert_string_equal(map.places[1].host, "asked");
	assert_int_equal(map.places[1].port, 2);
	assert_int_equal(map.of[99], 1);
	assert_int_equal(map.of[100], 2);
	assert_int_equal(map.of[201], 0);
	assert_int_equal(map.of[16383], 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_map(&map, bad[i]), ERR_MALFORMED);
}

static void check_verdict(const char *error, enum cluster_verdict want,
			  const char *host, int port)
{
	char bytes[200];
	struct cluster_place place = {"", 0};
	redisReply *r;

	snprintf(bytes, sizeof(bytes), "-%s\r\n", error);
	r = reply_of(bytes);
	assert_int_equal(cluster_verdict_of(view(r), "asked", &place), want);
	freeReplyObject(r);
	if (!host)
		return;
	assert_string_equal(place.host, host);
	assert_int_equal(place.port, port);
}

static void verdicts(void **state)
{
	(void)state;
	check_verdict("MOVED 3999 10.0.0.2:6381", CLUSTER_MOVED, "10.0.0.2",
		      6381);
	check_verdict("MOVED 3999 fd00::1:6381", CLUSTER_MOVED, "fd00::1",
		      6381);
	check_verdict("MOVED 3999 :6381", CLUSTER_MOVED, "asked", 6381);
	check_verdict("ASK 1 redis-2.example:1", CLUSTER_ASK, "redis-2.example",
		      1);
	check_verdict("MOVED 3999", CLUSTER_DOWN, NULL, 0);
	check_verdict("MOVED 3999 a", CLUSTER_DOWN, NULL, 0);
	check_verdict("MOVED 3999 a:b", CLUSTER_DOWN, NULL, 0);
	check_verdict("ASK 1 a:0", CLUSTER_DOWN, NULL, 0);
	check_verdict("ASK 1 a:99999999999999999999", CLUSTER_DOWN, NULL, 0);
	check_verdict("TRYAGAIN Multiple keys", CLUSTER_SPLIT, NULL, 0);
	check_verdict("CLUSTERDOWN The cluster is down", CLUSTER_DOWN, NULL, 0);
	check_verdict("NOSCRIPT No", CLUSTER_NO_SCRIPT, NULL, 0);
	check_verdict("ERR MOVED 1 a:1", CLUSTER_DONE, NULL, 0);
	check_verdict("OOM no room", CLUSTER_DONE, NULL, 0);
	assert_int_equal(cluster_verdict_of(NULL, "", NULL), CLUSTER_DONE);
}

static void infos(void **state)
{
	uint64_t epoch = 0;
	bool works = false;

	(void)state;
	assert_true(cluster_info_read(SLICE_LIT("cluster_state:ok\r\n"
						"cluster_size:3\r\n"
						"cluster_current_epoch:6\r\n"),
				      &epoch, &works));
	assert_int_equal(epoch, 6);
	assert_true(works);
	assert_true(cluster_info_read(SLICE_LIT("cluster_current_epoch:7\r\n"
						"cluster_state:fail\r\n"),
				      &epoch, &works));
	assert_false(works);
	assert_false(cluster_info_read(SLICE_LIT("cluster_state:ok\r\n"),
				       &epoch, &works));
	assert_false(cluster_info_read(SLICE_LIT(""), &epoch, &works));
}

static void urls(void **state)
{
	struct cluster_url u;
	char error[200];
	char *one;

	(void)state;
	assert_true(cluster_url_is("redis+cluster://h"));
	assert_false(cluster_url_is("redis://h"));
	assert_false(cluster_url_is("http+cluster://h"));
	assert_false(cluster_url_is("+cluster://h"));
	assert_false(cluster_url_is("unix:///a+cluster://h"));
	assert_false(cluster_url_is(NULL));
	assert_true(cluster_url_parse(&u,
				      "redis+cluster://me:s%40@a,b:7001,"
				      "[::1]:7002",
				      error, sizeof(error)));
	assert_int_equal(u.n, 3);
	assert_string_equal(u.seeds[0].host, "a");
	assert_int_equal(u.seeds[0].port, 6379);
	assert_int_equal(u.seeds[1].port, 7001);
	assert_string_equal(u.seeds[2].host, "::1");
	one = cluster_url_of(&u, &u.seeds[2]);
	assert_string_equal(one, "redis://me:s%40@[::1]:7002");
	free(one);
	cluster_url_fini(&u);
}

static void bad_urls(void **state)
{
	static const char *const all[] = {
	    "redis+cluster://",
	    "redis+cluster://a,",
	    "redis+cluster://,a",
	    "redis+cluster://a:0",
	    "redis+cluster://a/0",
	    "redis+cluster://a,b/1",
	    "redis+cluster://me:secret%zz@a",
	    "redis+cluster://a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,"
	    "a,a,a,a,a,a,a,a,a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cluster_url u;
		char error[200] = "";

		assert_false(
		    cluster_url_parse(&u, all[i], error, sizeof(error)));
		assert_true(strlen(error) > 10);
		assert_null(strstr(error, "secret"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slots),
	    cmocka_unit_test(guards),
	    cmocka_unit_test(keys_of_commands),
	    cmocka_unit_test(maps),
	    cmocka_unit_test(verdicts),
	    cmocka_unit_test(infos),
	    cmocka_unit_test(urls),
	    cmocka_unit_test(bad_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
