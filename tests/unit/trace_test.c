/*
 * trace_test - what a test send shows, and what it does not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "trace.h"

static char name[] = "X-Api-Key", value[] = "secret";
static struct header_pair headers[] = {{name, value}};
static const struct webhook webhook = {.headers = headers, .n_headers = 1};

static void test_masking(void **state)
{
	static const char head[] = "POST /a HTTP/1.1\r\n"
				   "Host: example.com\r\n"
				   "authorization: Basic c2VjcmV0\r\n"
				   "x-api-key: secret\r\n"
				   "X-Api-Keys: open\r\n"
				   "\r\n"
				   "X-Api-Key: secr";
	struct trace *t = trace_new();
	struct msg_trace m = {0};

	(void)state;
	trace_request(t, slice_of("CONNECT a:443 HTTP/1.1\r\n\r\n"));
	trace_request(t, slice_of(head));
	trace_fill(t, &webhook, &m);
	assert_true(slice_eq_str(m.request_head, "POST /a HTTP/1.1\r\n"
						 "Host: example.com\r\n"
						 "authorization: ***\r\n"
						 "x-api-key: ***\r\n"
						 "X-Api-Keys: open\r\n"
						 "\r\n"));
	trace_free(&t);
}

static void test_the_last_answer_counts(void **state)
{
	struct trace *t = trace_new();
	struct msg_trace m = {0};

	(void)state;
	trace_answer(t, slice_of("HTTP/1.1 103 Early Hints\r\n"));
	trace_answer(t, slice_of("Link: </a>\r\n"));
	trace_answer(t, slice_of("HTTP/1.1 200 OK\r\n"));
	trace_answer(t, slice_of("A: b\r\n"));
	trace_body(t, slice_of("yes"));
	trace_fill(t, &webhook, &m);
	assert_true(slice_eq_str(m.answer_head, "HTTP/1.1 200 OK\r\nA: b\r\n"));
	assert_true(slice_eq_str(m.answer_body, "yes"));
	assert_int_equal(m.answer_cut, 0);
	trace_free(&t);
}

static void test_everything_is_bounded(void **state)
{
	struct trace *t = trace_new();
	struct msg_trace m = {0};
	char block[1000];

	(void)state;
	memset(block, 'a', sizeof(block));
	for (int i = 0; i < 1000; i++) {
		trace_request(t, slice_bytes(block, sizeof(block)));
		trace_answer(t, slice_bytes(block, sizeof(block)));
		trace_body(t, slice_bytes(block, sizeof(block)));
	}
	trace_fill(t, &webhook, &m);
	/* A line that never ends could hide anything. */
	assert_int_equal(m.request_head.n, 0);
	assert_int_equal(m.answer_head.n, TRACE_HEAD_BYTES_MAX);
	assert_int_equal(m.answer_body.n, TRACE_BODY_BYTES_MAX);
	assert_int_equal(m.answer_cut, 1);
	trace_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_masking),
	    cmocka_unit_test(test_the_last_answer_counts),
	    cmocka_unit_test(test_everything_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
