/*
 * keep_test - what is too old, and how much is too much.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "keep.h"

static void test_before(void **state)
{
	(void)state;
	assert_int_equal(keep_before(0, 1000000), 0);
	assert_int_equal(keep_before(10, 1000000), 990000);
	/* Longer than there has been time. */
	assert_int_equal(keep_before(1000, 1000000), 0);
	assert_int_equal(keep_before(2000, 1000000), 0);
}

static void test_entries(void **state)
{
	(void)state;
	assert_int_equal(keep_entries(1000000, 0), 0);
	assert_int_equal(keep_entries(1000000, 1000), 1000);
	assert_int_equal(keep_entries(1000000, 500000), 16);
}

static void test_average(void **state)
{
	uint64_t average = keep_average(0, 3000);

	(void)state;
	assert_int_equal(average, 3000);
	for (int i = 0; i < 200; i++)
		average = keep_average(average, 100000);
	assert_in_range(average, 90000, 100100);
	for (int i = 0; i < 200; i++)
		average = keep_average(average, 100);
	assert_in_range(average, 1, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_before),
	    cmocka_unit_test(test_entries),
	    cmocka_unit_test(test_average),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
