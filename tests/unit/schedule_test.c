/*
 * schedule_test - when tokens are renewed, and how soon a server is asked
 * again. SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schedule.h"

#define NOW 1795421805000u
#define N(array) (sizeof(array) / sizeof((array)[0]))

static void lives(void **state)
{
	static const struct {
		uint64_t lifetime_s;
		double chance;
		uint64_t renew_ms, use_ms;
	} rows[] = {
	    {3600, 0, 2520000, 3590000},
	    {3600, 0.5, 2790000, 3590000},
	    {3600, 0.999999, 3059999, 3590000},
	    {100, 0, 70000, 90000},
	    {99, 0, 69300, 89100},
	    {2, 0, 1400, 1800},
	    {2, 0.999999, 1699, 1800},
	    {1, 0, 700, 900},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		uint64_t ends = NOW + rows[i].lifetime_s * 1000;

		assert_int_equal(
		    schedule_renew_ms(NOW, rows[i].lifetime_s, rows[i].chance),
		    NOW + rows[i].renew_ms);
		assert_int_equal(schedule_use_until_ms(NOW, ends),
				 NOW + rows[i].use_ms);
	}
}

static void backoff(void **state)
{
	static const struct {
		uint64_t failures;
		bool temporary;
		uint64_t retry_after_ms;
		double chance;
		uint64_t want_ms;
	} rows[] = {
	    {1, true, 0, 0.5, 1000},	 {2, true, 0, 0.5, 2000},
	    {3, true, 0, 0, 3200},	 {3, true, 0, 0.999999999, 4799},
	    {7, true, 0, 0.5, 60000},	 {1000, true, 0, 0.5, 60000},
	    {1, false, 0, 0.5, 5000},	 {2, false, 0, 0.5, 10000},
	    {60, false, 0, 0.5, 300000}, {1, true, 4000, 0.5, 4000},
	    {7, true, 4000, 0.5, 60000}, {1, true, UINT64_MAX, 0.5, 86400000},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		assert_int_equal(
		    schedule_backoff_ms(rows[i].failures, rows[i].temporary,
					rows[i].retry_after_ms, rows[i].chance),
		    rows[i].want_ms);
}

static void refusals(void **state)
{
	uint64_t refused = 0, now = NOW;

	(void)state;
	for (int i = 0; i < REFUSALS_BURST; i++) {
		assert_int_equal(schedule_refusal_ms(refused, now), 0);
		assert_true(schedule_refusal(&refused, now));
	}
	assert_false(schedule_refusal(&refused, now));
	assert_int_equal(schedule_refusal_ms(refused, now),
			 REFUSALS_INTERVAL_MS);
	now += REFUSALS_INTERVAL_MS - 1;
	assert_false(schedule_refusal(&refused, now));
	now++;
	assert_true(schedule_refusal(&refused, now));
	assert_false(schedule_refusal(&refused, now));
	/* Long after it is as if there had been none. */
	now += 10ull * REFUSALS_INTERVAL_MS;
	for (int i = 0; i < REFUSALS_BURST; i++)
		assert_true(schedule_refusal(&refused, now));
	assert_false(schedule_refusal(&refused, now));
}

/* However they come, no stretch of time has more than the burst and its share.
 */
static void no_stretch_has_too_many(void **state)
{
	static uint64_t allowed[4096];
	uint64_t refused = 0, now = NOW, seed = 1;
	size_t n = 0;

	(void)state;
	while (n < N(allowed)) {
		if (schedule_refusal(&refused, now))
			allowed[n++] = now;
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		now += (seed >> 33) % 40000;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n && j < i + 50; j++)
			assert_true(j - i + 1 <=
				    REFUSALS_BURST + (allowed[j] - allowed[i]) /
							 REFUSALS_INTERVAL_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lives),
	    cmocka_unit_test(backoff),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(no_stretch_has_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
