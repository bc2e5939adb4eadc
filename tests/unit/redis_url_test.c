/*
 * redis_url_test - every form of URL, and every fault.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "io/redis_tls.h"
#include "io/redis_url.h"

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct good {
	const char *url, *host, *path, *user, *password;
	int port;
	uint64_t db;
};

static void same(const char *a, const char *b)
{
	if (b)
		assert_string_equal(a, b);
	else
		assert_null(a);
}

static void understands(void **state)
{
	static const struct good all[] = {
	    {"redis://h", "h", NULL, NULL, NULL, 6379, 0},
	    {"redis://h:1", "h", NULL, NULL, NULL, 1, 0},
	    {"redis://h:65535/3", "h", NULL, NULL, NULL, 65535, 3},
	    {"redis://h/", "h", NULL, NULL, NULL, 6379, 0},
	    {"redis://:pw@h", "h", NULL, NULL, "pw", 6379, 0},
	    {"redis://u:p%40%3a@h:7", "h", NULL, "u", "p@:", 7, 0},
	    {"redis://u:a@b@h", "h", NULL, "u", "a@b", 6379, 0},
	    {"redis://[::1]:7/2", "::1", NULL, NULL, NULL, 7, 2},
	    {"redis://[::1]", "::1", NULL, NULL, NULL, 6379, 0},
	    {"unix:///run/r.sock", NULL, "/run/r.sock", NULL, NULL, 6379, 0},
	    {"unix:///run/a@/r", NULL, "/run/a@/r", NULL, NULL, 6379, 0},
	    {"unix://u:p%2f@/run/r", NULL, "/run/r", "u", "p/", 6379, 0},
	    {"unix://:pw@/run/r", NULL, "/run/r", NULL, "pw", 6379, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct redis_url u;
		char error[200] = "";

		assert_true(
		    redis_url_parse(&u, all[i].url, error, sizeof(error)));
		same(u.n_hosts ? u.hosts[0].name : NULL, all[i].host);
		assert_null(u.master);
		assert_false(u.tls);
		same(u.path, all[i].path);
		same(u.user, all[i].user);
		same(u.password, all[i].password);
		assert_int_equal(u.n_hosts ? u.hosts[0].port : 6379,
				 all[i].port);
		assert_int_equal(u.db, all[i].db);
		redis_url_fini(&u);
	}
}

static void refuses(void **state)
{
	static const char *const all[] = {
	    "",
	    "http://h",
	    "redis+sentinel://h",
	    "redis+sentinel://h/",
	    "redis+sentinel://h//1",
	    "redis+sentinel:///m",
	    "redis+sentinel://h,/m",
	    "redis+sentinel://,h/m",
	    "redis+sentinel://h:0,g/m",
	    "redis+sentinel://h/m/x",
	    "redis+sentinel://h/%00",
	    "redis+sentinel://1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17/m",
	    "redis+sentinel://u:secret%@h/m",
	    "redis://a,b:1",
	    "unix://u:secret%@/run/r",
	    "redis://",
	    "redis://:0",
	    "redis://h:0",
	    "redis://h:65536",
	    "redis://h:x",
	    "redis://h:-1",
	    "redis://h/x",
	    "redis://h/-1",
	    "redis://[::1",
	    "redis://[]",
	    "redis://[::1]x",
	    "redis://u:secret%@h",
	    "redis://u:secret%00@h",
	    "redis://u%zz:secret@h",
	    "redis://secret:secret@h:secret",
	    "unix://",
	    "unix:///",
	    "unix://relative",
	    "unix:///" LONG LONG,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct redis_url u;
		char error[200] = "";

		assert_false(redis_url_parse(&u, all[i], error, sizeof(error)));
		assert_true(strlen(error) > 10);
		assert_null(strstr(error, "secret"));
	}
}

static void understands_sentinels(void **state)
{
	struct redis_url u;
	char error[200];

	(void)state;
	assert_true(redis_url_parse(
	    &u, "redis+sentinel://u:p%2c@one,[::1]:7,two:8/my%2fmaster/3",
	    error, sizeof(error)));
	assert_int_equal(u.n_hosts, 3);
	assert_string_equal(u.hosts[0].name, "one");
	assert_int_equal(u.hosts[0].port, 26379);
	assert_string_equal(u.hosts[1].name, "::1");
	assert_int_equal(u.hosts[1].port, 7);
	assert_string_equal(u.hosts[2].name, "two");
	assert_int_equal(u.hosts[2].port, 8);
	assert_string_equal(u.master, "my/master");
	assert_string_equal(u.user, "u");
	assert_string_equal(u.password, "p,");
	assert_int_equal(u.db, 3);
	redis_url_fini(&u);
	assert_true(
	    redis_url_parse(&u, "redis+sentinel://h/m", error, sizeof(error)));
	assert_string_equal(u.master, "m");
	assert_int_equal(u.db, 0);
	redis_url_fini(&u);
}

/* In the clear instead, it would be sent where nobody expects it. */
static void tls_is_there_or_refused(void **state)
{
	static const char *const all[] = {"rediss://u:secret@h:7/2",
					  "rediss+sentinel://u:secret@h/m"};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct redis_url u;
		char error[200] = "";
		bool ok = redis_url_parse(&u, all[i], error, sizeof(error));

		assert_int_equal(ok, redis_tls_is_built());
		if (ok)
			assert_true(u.tls);
		else
			assert_non_null(strstr(error, "TLS"));
		assert_null(strstr(error, "secret"));
		if (ok)
			redis_url_fini(&u);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(understands),
	    cmocka_unit_test(understands_sentinels),
	    cmocka_unit_test(tls_is_there_or_refused),
	    cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
