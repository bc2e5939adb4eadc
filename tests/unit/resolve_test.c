/*
 * resolve_test - who waits for a name, how many there may be, and the end.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Addresses in place of names: getaddrinfo answers without asking anybody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "curl/resolve.h"

static size_t woken;

static void on_ready(void *arg, struct list *waiting,
		     const struct resolve_answer *answer)
{
	(void)arg;
	(void)answer;
	while (list_pop(waiting))
		woken++;
}

static size_t count(const struct resolve_answer *answer)
{
	assert_non_null(answer);
	return answer->n;
}

static void run(uv_loop_t *loop)
{
	woken = 0;
	assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
}

static void waiting_and_kept(void **state)
{
	struct list a, b, left;
	struct resolver *r;
	uv_loop_t loop;

	(void)state;
	list_init(&a);
	list_init(&b);
	list_init(&left);
	assert_int_equal(uv_loop_init(&loop), 0);
	r = resolver_new(&loop, 4, on_ready, NULL);
	assert_null(resolver_ask(r, SLICE_LIT("127.0.0.1"), &a));
	assert_null(resolver_ask(r, SLICE_LIT("127.0.0.1"), &b));
	assert_null(resolver_ask(r, SLICE_LIT("127.0.0.1"), &left));
	list_remove(&left);
	run(&loop);
	assert_int_equal(woken, 2);
	assert_int_equal(count(resolver_ask(r, SLICE_LIT("127.0.0.1"), &a)), 1);
	resolver_free(&r);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void bounded(void **state)
{
	struct list a, b;
	struct resolver *r;
	uv_loop_t loop;

	(void)state;
	list_init(&a);
	list_init(&b);
	assert_int_equal(uv_loop_init(&loop), 0);
	r = resolver_new(&loop, 1, on_ready, NULL);
	assert_null(resolver_ask(r, SLICE_LIT("127.0.0.1"), &a));
	/* Full of look-ups: nothing. */
	assert_int_equal(count(resolver_ask(r, SLICE_LIT("127.0.0.2"), &b)), 0);
	run(&loop);
	/* Full of answers: the oldest goes. */
	assert_null(resolver_ask(r, SLICE_LIT("127.0.0.2"), &b));
	run(&loop);
	assert_int_equal(woken, 1);
	assert_int_equal(count(resolver_ask(r, SLICE_LIT("127.0.0.2"), &b)), 1);
	assert_null(resolver_ask(r, SLICE_LIT("127.0.0.1"), &a));
	run(&loop);
	resolver_free(&r);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void freed_while_asking(void **state)
{
	struct list a;
	struct resolver *r;
	uv_loop_t loop;

	(void)state;
	list_init(&a);
	assert_int_equal(uv_loop_init(&loop), 0);
	r = resolver_new(&loop, 2, on_ready, NULL);
	assert_null(resolver_ask(r, SLICE_LIT("127.0.0.1"), &a));
	list_remove(&a);
	resolver_free(&r);
	run(&loop);
	assert_int_equal(woken, 0);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void too_long(void **state)
{
	char name[400];
	struct list a;
	struct resolver *r;
	uv_loop_t loop;

	(void)state;
	list_init(&a);
	memset(name, 'x', sizeof(name));
	assert_int_equal(uv_loop_init(&loop), 0);
	r = resolver_new(&loop, 2, on_ready, NULL);
	assert_int_equal(
	    count(resolver_ask(r, slice_bytes(name, sizeof(name)), &a)), 0);
	resolver_free(&r);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(waiting_and_kept),
	    cmocka_unit_test(bounded),
	    cmocka_unit_test(freed_while_asking),
	    cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
