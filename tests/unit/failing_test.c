/*
 * failing_test - when a webhook has done nothing but fail for too long.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "failing.h"

#define AFTER 1000u

static enum failing_step second(struct failing *f, uint32_t delivered,
				uint32_t failed, uint64_t now)
{
	return failing_look(f, delivered, failed, now, AFTER);
}

static void test_fails_for_long(void **state)
{
	struct failing f = {FAILING_UNKNOWN, 0};
	(void)state;

	assert_int_equal(second(&f, 0, 3, 5000), FAILING_NOTE);
	failing_since(&f, 5000);
	assert_int_equal(second(&f, 0, 1, 5999), FAILING_NOTHING);
	/* Time alone disables nothing. */
	assert_int_equal(second(&f, 0, 0, 9000), FAILING_NOTHING);
	assert_int_equal(second(&f, 0, 1, 9000), FAILING_OVER);
}

static void test_a_success_ends_it(void **state)
{
	struct failing f = {FAILING_UNKNOWN, 0};
	(void)state;

	/* Redis may know of failures from before a take-over. */
	assert_int_equal(second(&f, 1, 0, 5000), FAILING_CLEAR);
	assert_int_equal(second(&f, 1, 9, 5000), FAILING_NOTHING);
	assert_int_equal(second(&f, 0, 1, 5000), FAILING_NOTE);
	failing_since(&f, 5000);
	assert_int_equal(second(&f, 1, 9, 7000), FAILING_CLEAR);
	assert_int_equal(second(&f, 0, 1, 7000), FAILING_NOTE);
	failing_since(&f, 7000);
	assert_int_equal(second(&f, 0, 1, 7500), FAILING_NOTHING);
}

static void test_redis_knows_longer(void **state)
{
	struct failing f = {FAILING_UNKNOWN, 0};
	(void)state;

	assert_int_equal(second(&f, 0, 1, 5000), FAILING_NOTE);
	failing_since(&f, 3000);
	assert_int_equal(second(&f, 0, 1, 5000), FAILING_OVER);
}

static void test_an_answer_is_late_or_lost(void **state)
{
	struct failing f = {FAILING_UNKNOWN, 0};
	(void)state;

	assert_int_equal(second(&f, 0, 1, 5000), FAILING_NOTE);
	assert_int_equal(second(&f, 0, 1, 6000), FAILING_NOTE);
	assert_int_equal(second(&f, 1, 0, 6000), FAILING_CLEAR);
	failing_since(&f, 1000);
	assert_int_equal(second(&f, 0, 1, 6000), FAILING_NOTE);
}

static void test_the_clock_goes_back(void **state)
{
	struct failing f = {FAILING_ASKED, 0};
	(void)state;

	failing_since(&f, 9000);
	assert_int_equal(second(&f, 0, 1, 5000), FAILING_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fails_for_long),
	    cmocka_unit_test(test_a_success_ends_it),
	    cmocka_unit_test(test_redis_knows_longer),
	    cmocka_unit_test(test_an_answer_is_late_or_lost),
	    cmocka_unit_test(test_the_clock_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
