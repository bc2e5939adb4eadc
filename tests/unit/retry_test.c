/*
 * retry_test - the schedule, the receiver's wishes, and the end of both.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "retry.h"
#include "store/config.h"

static struct webhook webhook(void)
{
	return (struct webhook){
	    .retry_delays_s = {5, 300, 1800},
	    .n_retry_delays = 3,
	    .retry_jitter = 0.2,
	};
}

struct row {
	enum outcome outcome;
	uint32_t tries;
	uint64_t after_ms, expires_ms;
	double chance;
	enum verdict verdict;
	uint64_t next_ms;
};

#define NOW 1000000u

static void test_table(void **state)
{
	static const struct row rows[] = {
	    {OUTCOME_delivered, 1, 0, 0, 0.5, VERDICT_DELIVERED, 0},
	    {OUTCOME_dead, 1, 0, 0, 0.5, VERDICT_DEAD, 0},
	    {OUTCOME_gone, 1, 0, 0, 0.5, VERDICT_DEAD, 0},
	    {OUTCOME_not_started, 0, 0, 0, 0.5, VERDICT_REQUEUE, 0},
	    {OUTCOME_retry, 1, 0, 0, 0.5, VERDICT_RETRY, NOW + 5000},
	    {OUTCOME_none, 2, 0, 0, 0.5, VERDICT_RETRY, NOW + 300000},
	    {OUTCOME_retry, 3, 0, 0, 0.5, VERDICT_RETRY, NOW + 1800000},
	    {OUTCOME_retry, 4, 0, 0, 0.5, VERDICT_DEAD, 0},
	    /* the jitter's ends */
	    {OUTCOME_retry, 1, 0, 0, 0.0, VERDICT_RETRY, NOW + 4000},
	    {OUTCOME_retry, 1, 0, 0, 1.0, VERDICT_RETRY, NOW + 6000},
	    /* no earlier than asked, no later than a day */
	    {OUTCOME_retry, 1, 9000, 0, 0.5, VERDICT_RETRY, NOW + 9000},
	    {OUTCOME_retry, 1, 100, 0, 0.5, VERDICT_RETRY, NOW + 5000},
	    {OUTCOME_retry, 1, UINT64_MAX, 0, 0.5, VERDICT_RETRY,
	     NOW + RETRY_AFTER_MAX_MS},
	    /* found expired where it expires */
	    {OUTCOME_retry, 1, 0, NOW + 10, 0.5, VERDICT_RETRY, NOW + 10},
	};
	const struct webhook w = webhook();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		const struct retry_input in = {
		    .webhook = &w,
		    .outcome = r->outcome,
		    .tries = r->tries,
		    .retry_after_ms = r->after_ms,
		    .wall_ms = NOW,
		    .expires_ms = r->expires_ms,
		    .chance = r->chance,
		};
		uint64_t next = 0;

		assert_int_equal(retry_decide(&in, &next), r->verdict);
		assert_int_equal(next, r->next_ms);
	}
}

static void test_no_schedule(void **state)
{
	const struct webhook w = {0};
	const struct retry_input in = {
	    .webhook = &w, .outcome = OUTCOME_retry, .tries = 1};
	uint64_t next = 0;

	(void)state;
	assert_int_equal(retry_decide(&in, &next), VERDICT_DEAD);
}

static void test_steps(void **state)
{
	const struct webhook w = webhook();

	(void)state;
	assert_int_equal(retry_step_ms(&w, 0, NOW), 0);
	assert_int_equal(retry_step_ms(&w, 1, NOW), NOW + 5000);
	assert_int_equal(retry_step_ms(&w, 3, NOW), NOW + 1800000);
	/* The schedule is over, or has been made shorter. */
	assert_int_equal(retry_step_ms(&w, 4, NOW), 0);
}

/* The longer there has been none, the later. */
static void test_held(void **state)
{
	(void)state;
	assert_int_equal(retry_held_ms(0, 0.5), RETRY_HELD_MS);
	assert_int_equal(retry_held_ms(60000, 0.5), 60000);
	assert_in_range(retry_held_ms(60000, 0), 40000, 59999);
	assert_in_range(retry_held_ms(60000, 0.999), 60001, 80000);
	assert_int_equal(retry_held_ms(UINT64_MAX, 0.5), RETRY_HELD_MAX_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_no_schedule),
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test(test_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
