/*
 * keyset_test - keys given twice are found, in each map for itself.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "keyset.h"

static void test_twice(void **state)
{
	struct keyset k;

	(void)state;
	keyset_init(&k);
	assert_true(keyset_add(&k, 0, SLICE_LIT("a")));
	assert_true(keyset_add(&k, 0, SLICE_LIT("b")));
	assert_true(keyset_add(&k, 1, SLICE_LIT("a")));
	assert_true(keyset_add(&k, 0, SLICE_LIT("")));
	assert_false(keyset_add(&k, 0, SLICE_LIT("a")));
	assert_false(keyset_add(&k, 0, SLICE_LIT("")));
	keyset_reset(&k);
	assert_true(keyset_add(&k, 0, SLICE_LIT("a")));
	keyset_fini(&k);
}

static void test_many(void **state)
{
	struct keyset k;
	char key[24];

	(void)state;
	keyset_init(&k);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 100000; i++) {
			snprintf(key, sizeof(key), "key-%d", i);
			assert_true(keyset_add(&k, 0, slice_of(key)) ==
				    (round == 0));
		}
	}
	keyset_reset(&k);
	assert_true(k.size < 4096);
	keyset_fini(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_twice),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
