/*
 * ring_test - projects take turns, whatever the number of their lanes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lane.h"
#include "ring.h"

#define MANY 100

static struct lane *new_lane(struct ring *r, const char *project, uint8_t n)
{
	struct ulid id = {{n}};
	struct lane *lane = lane_new(&id, NULL);

	ring_join(r, lane, slice_of(project));
	return lane;
}

static void drop(struct ring *r, struct lane *lane)
{
	ring_leave(r, lane);
	lane_free(&lane);
}

static void test_projects_take_turns(void **state)
{
	struct lane *big[MANY], *small, *next;
	unsigned turns_small = 0, turns[MANY] = {0};
	struct ring r;

	(void)state;
	ring_init(&r);
	for (uint8_t i = 0; i < MANY; i++) {
		big[i] = new_lane(&r, "big", i);
		ring_push(&r, big[i]);
	}
	small = new_lane(&r, "small", 200);
	ring_push(&r, small);
	for (int i = 0; i < 4 * MANY; i++) {
		next = ring_pop(&r);
		if (next == small)
			turns_small++;
		else
			turns[next->id.b[0]]++;
		ring_push(&r, next);
	}
	assert_int_equal(turns_small, 2 * MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(turns[i], 2);
	for (int i = 0; i < MANY; i++)
		drop(&r, big[i]);
	drop(&r, small);
	assert_null(ring_pop(&r));
	ring_fini(&r);
}

static void test_a_turn_is_kept(void **state)
{
	struct lane *a, *b;
	struct ring r;

	(void)state;
	ring_init(&r);
	a = new_lane(&r, "a", 1);
	b = new_lane(&r, "b", 2);
	ring_push(&r, a);
	ring_push(&r, b);
	ring_push(&r, a);
	assert_ptr_equal(ring_pop(&r), a);
	ring_push_front(&r, a);
	assert_ptr_equal(ring_pop(&r), a);
	assert_ptr_equal(ring_pop(&r), b);
	assert_null(ring_pop(&r));
	ring_push(&r, b);
	drop(&r, b);
	assert_null(ring_pop(&r));
	drop(&r, a);
	ring_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_projects_take_turns),
	    cmocka_unit_test(test_a_turn_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
