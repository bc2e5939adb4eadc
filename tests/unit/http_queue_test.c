/*
 * http_queue_test - the bound of an event stream, and the order of its bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "io/http_queue.h"

static void assert_pull(struct http_queue *q, size_t max, const char *wanted)
{
	char out[256];
	size_t n = http_queue_pull(q, out, max);

	assert_int_equal(n, strlen(wanted));
	assert_memory_equal(out, wanted, n);
}

static void bytes_leave_in_order(void **state)
{
	struct http_queue q;

	(void)state;
	http_queue_init(&q, 10);
	assert_true(http_queue_is_empty(&q));
	assert_pull(&q, 10, "");
	assert_true(http_queue_push(&q, SLICE_LIT("abcdefgh")));
	assert_pull(&q, 6, "abcdef");
	assert_true(http_queue_push(&q, SLICE_LIT("ijklmnop")));
	assert_pull(&q, 3, "ghi");
	assert_pull(&q, 100, "jklmnop");
	assert_true(http_queue_is_empty(&q));
	http_queue_fini(&q);
}

static void what_does_not_fit_is_counted(void **state)
{
	struct http_queue q;
	char fill[60];

	(void)state;
	memset(fill, 'f', sizeof(fill));
	http_queue_init(&q, 60);
	assert_false(
	    http_queue_push(&q, SLICE_LIT("123456789012345678901234567890123456"
					  "7890123456789012345678901")));
	http_queue_fini(&q);
	http_queue_init(&q, 60);
	assert_true(http_queue_push(&q, slice_bytes(fill, 60)));
	assert_false(http_queue_push(&q, SLICE_LIT("x")));
	assert_false(http_queue_push(&q, SLICE_LIT("y")));
	assert_int_equal(http_queue_pull(&q, fill, 10), 10);
	/* The note needs room as well. */
	assert_false(http_queue_push(&q, SLICE_LIT("z")));
	assert_int_equal(http_queue_pull(&q, fill, 50), 50);
	assert_true(http_queue_push(&q, SLICE_LIT("now")));
	assert_pull(&q, 100, "event: dropped\ndata: {\"count\":3}\n\nnow");
	assert_true(http_queue_push(&q, SLICE_LIT("then")));
	assert_pull(&q, 100, "then");
	http_queue_fini(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_leave_in_order),
	    cmocka_unit_test(what_does_not_fit_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
