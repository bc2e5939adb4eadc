/*
 * place_test - every router gives the same answer, and little moves.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "place.h"

#define PARTITIONS 4096

static void test_spread(void **state)
{
	const char *names[] = {"router-1", "router-2", "router-3", "router-4"};
	size_t count[4] = {0};

	(void)state;
	for (uint64_t p = 0; p < PARTITIONS; p++)
		count[place_of(p, names, 4)]++;
	for (int i = 0; i < 4; i++) {
		assert_true(count[i] > PARTITIONS / 4 * 8 / 10);
		assert_true(count[i] < PARTITIONS / 4 * 12 / 10);
	}
}

static void test_order_does_not_matter(void **state)
{
	const char *a[] = {"one", "two", "three"};
	const char *b[] = {"three", "one", "two"};

	(void)state;
	for (uint64_t p = 0; p < PARTITIONS; p++)
		assert_string_equal(a[place_of(p, a, 3)], b[place_of(p, b, 3)]);
}

static void test_only_the_newcomers_share_moves(void **state)
{
	const char *names[] = {"one", "two", "three", "four"};
	size_t moved = 0;

	(void)state;
	for (uint64_t p = 0; p < PARTITIONS; p++) {
		size_t before = place_of(p, names, 3);
		size_t after = place_of(p, names, 4);

		if (before != after) {
			assert_int_equal(after, 3);
			moved++;
		}
	}
	assert_true(moved > 0 && moved < PARTITIONS / 4 * 12 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spread),
	    cmocka_unit_test(test_order_does_not_matter),
	    cmocka_unit_test(test_only_the_newcomers_share_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
