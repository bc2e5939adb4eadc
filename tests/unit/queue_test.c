/*
 * queue_test - order, bounds, tasks that are parked or lent, and what a task
 * has. SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "earlier.h"
#include "queue.h"

static struct task *task(uint64_t number, size_t body_n)
{
	static const uint8_t raw[16] = {1};
	static char body[4096];
	struct msg_task m = {
	    .task = number,
	    .event = slice_bytes(raw, sizeof(raw)),
	    .webhook = slice_bytes(raw, sizeof(raw)),
	    .body = slice_bytes(body, body_n),
	};
	struct task *t = task_new(1, &m);

	assert_non_null(t);
	return t;
}

static void expect_number(struct task *t, uint64_t number)
{
	assert_non_null(t);
	assert_int_equal(t->number, number);
	task_free(&t);
}

static void first_in_first_out(void **state)
{
	struct queue q;

	(void)state;
	queue_init(&q, 10, 1000);
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(queue_push(&q, task(i, 10)), ERR_OK);
	assert_int_equal(q.bytes, 30);
	for (uint64_t i = 1; i <= 3; i++)
		expect_number(queue_pop(&q), i);
	assert_null(queue_pop(&q));
	assert_int_equal(q.bytes, 0);
	assert_int_equal(q.n, 0);
	queue_fini(&q);
}

static void full(void **state)
{
	struct task *t = task(9, 500);
	struct queue q;

	(void)state;
	queue_init(&q, 2, 1000);
	assert_int_equal(queue_push(&q, task(1, 600)), ERR_OK);
	assert_int_equal(queue_push(&q, t), ERR_FULL);
	task_free(&t);
	assert_int_equal(queue_push(&q, task(2, 400)), ERR_OK);
	t = task(9, 0);
	assert_int_equal(queue_push(&q, t), ERR_FULL);
	assert_int_equal(queue_park(&q, t, 5), ERR_FULL);
	task_free(&t);
	queue_fini(&q);
	assert_int_equal(q.n, 0);
}

static void parked(void **state)
{
	struct queue q;
	struct task *t;

	(void)state;
	queue_init(&q, 10, 1000);
	assert_int_equal(queue_park(&q, task(1, 1), 100), ERR_OK);
	assert_int_equal(queue_park(&q, task(2, 1), 200), ERR_OK);
	assert_null(queue_pop(&q));
	assert_int_equal(q.n_parked, 2);
	/* Parked again: its time stays. */
	queue_unpark(&q);
	assert_int_equal(q.n_parked, 0);
	t = queue_pop(&q);
	assert_int_equal(queue_park(&q, t, 900), ERR_OK);
	t = queue_pop(&q);
	assert_int_equal(queue_park(&q, t, 900), ERR_OK);
	assert_null(queue_pop_expired(&q, 99));
	expect_number(queue_pop_expired(&q, 100), 1);
	assert_null(queue_pop_expired(&q, 100));
	expect_number(queue_pop_expired(&q, 200), 2);
	assert_int_equal(q.n, 0);
	assert_int_equal(q.n_parked, 0);
	assert_int_equal(queue_park(&q, task(3, 1), 1), ERR_OK);
	assert_int_equal(queue_push(&q, task(4, 1)), ERR_OK);
	expect_number(queue_pop_any(&q), 3);
	expect_number(queue_pop_any(&q), 4);
	queue_fini(&q);
}

static void lent(void **state)
{
	struct task *t = task(9, 0);
	struct list waiting;
	struct queue q;

	(void)state;
	list_init(&waiting);
	queue_init(&q, 4, 1000);
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(queue_lend(&q, &waiting, task(i, 10)), ERR_OK);
	assert_null(queue_pop(&q));
	assert_int_equal(queue_push(&q, task(4, 10)), ERR_OK);
	assert_int_equal(queue_lend(&q, &waiting, t), ERR_FULL);
	task_free(&t);
	assert_int_equal(q.bytes, 40);
	t = container_of(waiting.next->next, struct task, node);
	queue_take_lent(&q, t);
	expect_number(t, 2);
	assert_int_equal(q.bytes, 30);
	queue_recall(&q, &waiting);
	assert_true(list_empty(&waiting));
	assert_int_equal(queue_push_front(&q, task(5, 10)), ERR_OK);
	expect_number(queue_pop(&q), 5);
	expect_number(queue_pop(&q), 1);
	expect_number(queue_pop(&q), 3);
	expect_number(queue_pop(&q), 4);
	assert_int_equal(q.n, 0);
	assert_int_equal(q.bytes, 0);
	queue_fini(&q);
}

/* The first try of a task is kept until the second one is known. */
static void earlier(void **state)
{
	struct msg_result first = {
	    .task = 7,
	    .outcome = OUTCOME_retry,
	    .status = 401,
	    .total_us = 1234,
	    .error = SLICE_LIT("http_401"),
	    .snippet = SLICE_LIT("who are you?"),
	    .trace = SLICE_LIT("a trace"),
	};
	struct task *t = task(7, 0);
	struct msg_result r;

	(void)state;
	t->earlier = earlier_new(&first, 3);
	assert_int_equal(t->earlier->number, 3);
	earlier_result(t->earlier, &r);
	assert_int_equal(r.task, 7);
	assert_int_equal(r.status, 401);
	assert_int_equal(r.total_us, 1234);
	assert_true(slice_eq_str(r.error, "http_401"));
	assert_true(slice_eq_str(r.snippet, "who are you?"));
	assert_true(slice_eq_str(r.trace, "a trace"));
	assert_true(earlier_frame(t->earlier).n <= EARLIER_BYTES_MAX);
	task_free(&t);
}

static void ids_are_checked(void **state)
{
	struct msg_task m = {.event = SLICE_LIT("short"),
			     .webhook = SLICE_LIT("0123456789abcdef")};

	(void)state;
	assert_null(task_new(1, &m));
}

/* What comes with a journey's call takes room, too, and is a copy. */
static void calls_bring_more(void **state)
{
	static const uint8_t raw[16] = {1};
	char params[] = "{\"a\":1}", stored[] = "{\"profile\":{}}";
	struct msg_task m = {
	    .event = slice_bytes(raw, sizeof(raw)),
	    .webhook = slice_bytes(raw, sizeof(raw)),
	    .body = SLICE_LIT("{}"),
	    .tile = TILE_liveData,
	    .params = slice_of(params),
	    .stored = slice_of(stored),
	};
	struct task *t = task_new(1, &m);
	struct queue q;

	(void)state;
	params[0] = stored[0] = 'x';
	assert_int_equal(t->tile, TILE_liveData);
	assert_true(slice_eq_str(task_body(t), "{}"));
	assert_true(slice_eq_str(t->params, "{\"a\":1}"));
	assert_true(slice_eq_str(t->stored, "{\"profile\":{}}"));
	assert_int_equal(task_bytes(t), 2 + 7 + 14);
	queue_init(&q, 10, 22);
	assert_int_equal(queue_push(&q, t), ERR_FULL);
	q.bytes_max = 23;
	assert_int_equal(queue_push(&q, t), ERR_OK);
	assert_int_equal(q.bytes, 23);
	queue_fini(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(calls_bring_more),
	    cmocka_unit_test(first_in_first_out),
	    cmocka_unit_test(full),
	    cmocka_unit_test(parked),
	    cmocka_unit_test(lent),
	    cmocka_unit_test(earlier),
	    cmocka_unit_test(ids_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
