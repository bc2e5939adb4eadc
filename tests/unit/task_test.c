/*
 * task_test - numbers that name one handing-over and no other.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "task.h"

/* Only their addresses matter here. */
static char deliveries[64], senders[2];

static struct delivery *delivery(int i)
{
	return (struct delivery *)(void *)&deliveries[i];
}

static struct sender *sender(int i)
{
	return (struct sender *)(void *)&senders[i];
}

static void test_numbers_are_not_reused(void **state)
{
	struct tasks *t = tasks_new(7);
	uint64_t first = tasks_add(t, delivery(1), sender(0)), second;

	(void)state;
	assert_ptr_equal(tasks_find(t, first)->delivery, delivery(1));
	tasks_remove(t, tasks_find(t, first));
	assert_null(tasks_find(t, first));
	second = tasks_add(t, delivery(2), sender(1));
	assert_int_not_equal(first, second);
	assert_null(tasks_find(t, first));
	assert_ptr_equal(tasks_find(t, second)->sender, sender(1));
	tasks_free(&t);
	assert_null(t);
}

static void test_strange_numbers(void **state)
{
	struct tasks *t = tasks_new(7);

	(void)state;
	assert_null(tasks_find(t, 0));
	assert_null(tasks_find(t, UINT64_MAX));
	tasks_add(t, delivery(0), sender(0));
	assert_null(tasks_find(t, 0));
	tasks_free(&t);
}

static void test_walk_while_removing(void **state)
{
	struct tasks *t = tasks_new(1);
	struct task *task;
	size_t pos = 0, seen = 0;

	(void)state;
	for (int i = 0; i < 64; i++)
		tasks_add(t, delivery(i), sender(i % 2));
	while ((task = tasks_next(t, &pos)) != NULL) {
		if (task->sender == sender(0))
			tasks_remove(t, task);
		seen++;
	}
	assert_int_equal(seen, 64);
	assert_int_equal(tasks_count(t), 32);
	tasks_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers_are_not_reused),
	    cmocka_unit_test(test_strange_numbers),
	    cmocka_unit_test(test_walk_while_removing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
