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
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct redis_url u;
		char error[200] = "";

		assert_true(
		    redis_url_parse(&u, all[i].url, error, sizeof(error)));
		same(u.host, all[i].host);
		same(u.path, all[i].path);
		same(u.user, all[i].user);
		same(u.password, all[i].password);
		assert_int_equal(u.port, all[i].port);
		assert_int_equal(u.db, all[i].db);
		redis_url_fini(&u);
	}
}

static void refuses(void **state)
{
	static const char *const all[] = {
	    "",
	    "http://h",
	    "rediss://h",
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(understands),
	    cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
