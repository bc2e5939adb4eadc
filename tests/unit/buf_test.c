/*
 * buf_test - growth, the cap, and what full means.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"

static void appends_add_up(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	buf_append(&b, NULL, 0);
	buf_append_str(&b, "one");
	buf_append_char(&b, ' ');
	buf_append_slice(&b, SLICE_LIT("two"));
	buf_printf(&b, " %d%s", 3, "!");
	assert_true(slice_eq_str(buf_slice(&b), "one two 3!"));
	buf_reset(&b);
	for (int i = 0; i < 1000; i++)
		buf_append_char(&b, 'x');
	assert_int_equal(b.n, 1000);
	assert_false(buf_full(&b));
	buf_fini(&b);
}

static void a_full_buffer_keeps_what_it_had(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_append_str(&b, "1234");
	buf_append_str(&b, "56");
	assert_true(buf_full(&b));
	buf_append_char(&b, '5'); /* would fit, but it is too late */
	buf_printf(&b, "%d", 5);
	assert_null(buf_reserve(&b, 1));
	assert_true(slice_eq_str(buf_slice(&b), "1234"));
	buf_reset(&b);
	assert_false(buf_full(&b));
	buf_append_str(&b, "12345");
	assert_false(buf_full(&b));
	buf_fini(&b);
}

static void printf_stops_at_the_cap(void **state)
{
	struct buf b;

	(void)state;
	for (size_t max = 0; max < 10; max++) {
		buf_init(&b, max);
		buf_printf(&b, "%s", "");
		assert_false(buf_full(&b));
		buf_printf(&b, "%d", 12345);
		assert_int_equal(buf_full(&b), max < 5);
		assert_int_equal(b.n, max < 5 ? 0 : 5);
		buf_fini(&b);
	}
}

static void long_prints_grow_the_buffer(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	buf_append_char(&b, '<');
	buf_printf(&b, "%05000d", 7);
	assert_int_equal(b.n, 5001);
	assert_int_equal(b.p[5000], '7');
	buf_fini(&b);
}

static void a_huge_request_is_refused(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	buf_append_char(&b, 'x');
	assert_null(buf_reserve(&b, SIZE_MAX - 1));
	assert_true(buf_full(&b));
	buf_fini(&b);
}

static void taking_leaves_an_empty_buffer(void **state)
{
	struct buf b;
	size_t n = 99;
	char *p;

	(void)state;
	buf_init(&b, 10);
	p = buf_take(&b, &n);
	assert_int_equal(n, 0);
	assert_string_equal(p, "");
	free(p);
	buf_append_str(&b, "0123456789");
	p = buf_take(&b, NULL);
	assert_string_equal(p, "0123456789");
	free(p);
	assert_int_equal(b.n, 0);
	buf_append_str(&b, "again");
	assert_true(slice_eq_str(buf_slice(&b), "again"));
	buf_fini(&b);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(appends_add_up),
	    cmocka_unit_test(a_full_buffer_keeps_what_it_had),
	    cmocka_unit_test(printf_stops_at_the_cap),
	    cmocka_unit_test(long_prints_grow_the_buffer),
	    cmocka_unit_test(a_huge_request_is_refused),
	    cmocka_unit_test(taking_leaves_an_empty_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
