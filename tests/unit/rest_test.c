/*
 * rest_test - the last part of a path.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rest.h"

static const struct row {
	const char *target, *rest; /* NULL: none */
} rows[] = {
    {"/v1/users/ada@example.com", "ada@example.com"},
    {"/v1/users/ada%40example.com?x=/y", "ada@example.com"},
    {"/v1/users/a%2Fb%2fc", "a/b/c"},
    {"/v1/users/a/b", "a/b"},
    {"/v1/users/100%25", "100%"},
    {"/v1/users/a+b%20c", "a+b c"},
    {"/v1/users/%3F", "?"},
    {"/v1/users/", NULL},
    {"/v1/users", NULL},
    {"/v1?/users/a", NULL},
    {"/v1/users/a%2", NULL},
    {"/v1/users/a%zz", NULL},
    {"", NULL},
};

static void test_rest(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out;
		bool ok;

		buf_init(&out, 64);
		ok = path_rest(rows[i].target, 2, &out);
		if (ok != !!rows[i].rest)
			fail_msg("%s", rows[i].target);
		if (ok)
			assert_true(
			    slice_eq_str(buf_slice(&out), rows[i].rest));
		buf_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rest)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
