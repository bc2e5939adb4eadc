/*
 * router_sender_test - who gets the next task, and who is lost.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sender.h"

static struct sender *add(struct senders *s, const char *identity,
			  const char *instance, uint64_t boot)
{
	return senders_add(s, slice_of(identity), slice_of(instance), boot,
			   100);
}

static void test_most_room_first(void **state)
{
	struct senders s;
	struct sender *a, *b;

	(void)state;
	senders_init(&s, 10);
	assert_null(senders_pick(&s));
	a = add(&s, "a", "one", 1);
	b = add(&s, "b", "two", 2);
	assert_null(senders_pick(&s));
	a->allowance = 5;
	b->allowance = 6;
	assert_ptr_equal(senders_pick(&s), b);
	b->outstanding = 3;
	assert_ptr_equal(senders_pick(&s), a);
	a->allowance = 0; /* draining, with tasks still out */
	a->outstanding = 4;
	assert_int_equal(sender_room(a), 0);
	assert_int_equal(senders_room(&s), 3);
	assert_ptr_equal(senders_pick(&s), b);
	senders_fini(&s);
}

static void test_earlier_life(void **state)
{
	struct senders s;
	struct sender *old, *young;

	(void)state;
	senders_init(&s, 10);
	old = add(&s, "a", "one", 1);
	assert_null(senders_earlier(&s, old));
	young = add(&s, "b", "one", 2);
	assert_ptr_equal(senders_earlier(&s, young), old);
	senders_remove(&s, old);
	assert_null(senders_earlier(&s, young));
	/* Another connection of the same process counts as well. */
	assert_ptr_equal(senders_earlier(&s, add(&s, "c", "one", 2)), young);
	assert_null(senders_earlier(&s, add(&s, "d", "two", 2)));
	senders_fini(&s);
}

static void test_silence_and_limit(void **state)
{
	struct senders s;
	struct sender *a;

	(void)state;
	senders_init(&s, 1);
	a = add(&s, "a", "one", 1);
	assert_null(add(&s, "b", "two", 2));
	assert_null(senders_silent(&s, 600, 500));
	assert_ptr_equal(senders_silent(&s, 601, 500), a);
	assert_ptr_equal(senders_find(&s, SLICE_LIT("a")), a);
	assert_null(senders_find(&s, SLICE_LIT("c")));
	senders_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_most_room_first),
	    cmocka_unit_test(test_earlier_life),
	    cmocka_unit_test(test_silence_and_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
