/*
 * up_bind_test - addresses to listen on and to connect to.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "up_bind.h"

static void target_is(const char *list, const char *want)
{
	char out[128];

	assert_true(up_bind_target(list, out, sizeof(out)));
	assert_string_equal(out, want);
}

static void targets(void **state)
{
	char out[128];

	(void)state;
	target_is("127.0.0.1:80", "127.0.0.1:80");
	target_is("ipc:///a/b,tcp://0.0.0.0:81,tcp://1.2.3.4:5",
		  "127.0.0.1:81");
	target_is("tcp://*:82", "127.0.0.1:82");
	target_is("[::]:83", "[::1]:83");
	assert_false(up_bind_target("", out, sizeof(out)));
	assert_false(up_bind_target("ipc:///a", out, sizeof(out)));
	assert_false(up_bind_target("nonsense", out, sizeof(out)));
}

static void addresses(void **state)
{
	struct sockaddr_storage a;
	const char *const bad[] = {"",	      ":",	   ":80",
				   "1.2.3.4", "1.2.3.4:x", "1.2.3.4:65536",
				   "host:80", "[::1:80x"};

	(void)state;
	assert_true(up_bind_sockaddr("127.0.0.1:80", &a));
	assert_int_equal(a.ss_family, AF_INET);
	assert_int_equal(ntohs(((struct sockaddr_in *)&a)->sin_port), 80);
	assert_true(up_bind_sockaddr("[::1]:8", &a));
	assert_int_equal(a.ss_family, AF_INET6);
	assert_true(up_bind_sockaddr("*:*", &a));
	assert_true(up_bind_sockaddr("localhost:1", &a));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(up_bind_sockaddr(bad[i], &a));
}

static void free_ports_are_found_and_taken_ones_named(void **state)
{
	struct up_binds *b = up_binds_new();
	char error[256] = "";
	char *one = up_binds_take(b, "ONE", "ipc:///x,tcp://127.0.0.1:0", error,
				  sizeof(error));
	char *two =
	    up_binds_take(b, "TWO", "127.0.0.1:*", error, sizeof(error));

	(void)state;
	assert_non_null(one);
	assert_non_null(two);
	assert_memory_equal(one, "ipc:///x,tcp://127.0.0.1:", 25);
	assert_string_not_equal(strrchr(one, ':'), ":0");
	assert_string_not_equal(strrchr(one, ':'), strrchr(two, ':'));
	assert_null(up_binds_take(b, "THREE", two, error, sizeof(error)));
	assert_non_null(strstr(error, "THREE"));
	assert_non_null(strstr(error, two));
	up_binds_free(&b);
	/* And given free again. */
	b = up_binds_new();
	free(one);
	one = up_binds_take(b, "THREE", two, error, sizeof(error));
	assert_string_equal(one, two);
	free(one);
	free(two);
	one = up_binds_take(b, "OFF", "", error, sizeof(error));
	assert_string_equal(one, "");
	free(one);
	up_binds_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(targets),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(free_ports_are_found_and_taken_ones_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
