/*
 * latency_test - percentiles stay within their bound.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "latency.h"

static void percentiles(void **state)
{
	static struct latency l;

	(void)state;
	assert_int_equal(latency_percentile_us(&l, 0.5), 0);
	for (uint64_t us = 1; us <= 100000; us++)
		latency_add(&l, us);
	for (int p = 1; p <= 100; p++) {
		uint64_t want = (uint64_t)p * 1000;
		uint64_t got = latency_percentile_us(&l, p / 100.0);

		assert_in_range(got, want, want + want / 16 + 1);
	}
	assert_int_equal(latency_percentile_us(&l, 1.0), 100000);
}

static void extremes(void **state)
{
	static struct latency l;

	(void)state;
	latency_add(&l, 0);
	assert_int_equal(latency_percentile_us(&l, 0.5), 0);
	latency_add(&l, UINT64_MAX);
	assert_true(latency_percentile_us(&l, 1.0) == UINT64_MAX);
	latency_add(&l, 15);
	latency_add(&l, 16);
	latency_add(&l, 17);
	assert_int_equal(latency_percentile_us(&l, 0.6), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(percentiles),
	    cmocka_unit_test(extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
