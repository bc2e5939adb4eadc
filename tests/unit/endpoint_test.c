/*
 * endpoint_test - what other hosts can reach.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "net/endpoint.h"

static void loopback_and_files_are_local(void **state)
{
	static const char *const local[] = {
	    "ipc:///run/a.sock", "ipc://@abstract",	"inproc://a",
	    "tcp://127.0.0.1:1", "tcp://127.200.3.4:*", "tcp://[::1]:5570",
	    "tcp://localhost:1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (!endpoint_is_local(slice_of(local[i])))
			fail_msg("%s", local[i]);
}

static void all_else_is_reachable(void **state)
{
	static const char *const exposed[] = {
	    "tcp://*:1",
	    "tcp://0.0.0.0:1",
	    "tcp://[::]:1",
	    "tcp://:::1",
	    "tcp://10.0.0.1:1",
	    "tcp://128.0.0.1:1",
	    "tcp://[fe80::1]:1",
	    "tcp://[::ffff:127.0.0.1]:1",
	    "tcp://eth0:1",
	    "tcp://lo:1",
	    "tcp://localhost.example.com:1",
	    "tcp://127.0.0.1.example.com:1",
	    "tcp://127.1:1",
	    "tcp://127.0.0.1",
	    "tcp://",
	    "tcp://:1",
	    "ws://127.0.0.1:1",
	    "tipc://{1,2}",
	    "udp://127.0.0.1:1",
	    "TCP://127.0.0.1:1",
	    "127.0.0.1:1",
	    " tcp://127.0.0.1:1",
	    "x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(exposed) / sizeof(exposed[0]); i++)
		if (endpoint_is_local(slice_of(exposed[i])))
			fail_msg("%s", exposed[i]);
}

static void of_a_list_the_first_is_named(void **state)
{
	struct slice which;

	(void)state;
	assert_false(endpoint_exposed("", &which));
	assert_false(endpoint_exposed("ipc:///a,tcp://127.0.0.1:1", &which));
	assert_true(
	    endpoint_exposed("ipc:///a,,tcp://*:1,tcp://10.0.0.1:1,", &which));
	assert_true(slice_eq_str(which, "tcp://*:1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(loopback_and_files_are_local),
	    cmocka_unit_test(all_else_is_reachable),
	    cmocka_unit_test(of_a_list_the_first_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
