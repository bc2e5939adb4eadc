/*
 * answer_test - bounded reading of answers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "answer.h"

static void header(struct answer *a, const char *line)
{
	assert_true(answer_header(a, slice_of(line)));
}

static void directives(void **state)
{
	static const struct {
		const char *line;
		enum directive directive;
	} rows[] = {
	    {"webhook-delivery: disable\r\n", DIRECTIVE_DISABLE},
	    {"Webhook-Delivery:abort-message\r\n", DIRECTIVE_ABORT},
	    {"WEBHOOK-DELIVERY: \t Disable \t\r\n", DIRECTIVE_DISABLE},
	    {"webhook-delivery: disabled\r\n", DIRECTIVE_NONE},
	    {"webhook-delivery-x: disable\r\n", DIRECTIVE_NONE},
	    {"webhook-delivery\r\n", DIRECTIVE_NONE},
	    {"webhook-delivery:", DIRECTIVE_NONE},
	    {"w", DIRECTIVE_NONE},
	    {"", DIRECTIVE_NONE},
	};
	struct answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		answer_reset(&a);
		header(&a, "HTTP/1.1 200 OK\r\n");
		header(&a, rows[i].line);
		assert_int_equal(a.directive, rows[i].directive);
	}
	answer_reset(&a);
	header(&a, "webhook-delivery: disable");
	header(&a, "webhook-delivery: abort-message");
	assert_int_equal(a.directive, DIRECTIVE_DISABLE);
}

static void interim_answers_do_not_count(void **state)
{
	struct answer a;

	(void)state;
	answer_reset(&a);
	header(&a, "HTTP/1.1 103 Early Hints\r\n");
	header(&a, "webhook-delivery: disable\r\n");
	header(&a, "retry-after: 5\r\n");
	header(&a, "\r\n");
	header(&a, "HTTP/1.1 503 Busy\r\n");
	assert_int_equal(a.directive, DIRECTIVE_NONE);
	assert_int_equal(a.retry_after_n, 0);
	header(&a, "Retry-After:  17 \r\n");
	assert_true(slice_eq(slice_bytes(a.retry_after, a.retry_after_n),
			     SLICE_LIT("17")));
}

static void headers_end(void **state)
{
	static char line[1024];
	struct answer a;
	size_t n = 0;

	(void)state;
	memset(line, 'x', sizeof(line));
	answer_reset(&a);
	while (answer_header(&a, slice_bytes(line, sizeof(line))))
		n++;
	assert_int_equal(n, ANSWER_HEADER_BYTES_MAX / sizeof(line));
	assert_true(a.headers_too_large);
}

static void body_ends(void **state)
{
	static char block[1000];
	struct answer a;
	size_t n = 0;

	(void)state;
	memset(block, 'y', sizeof(block));
	answer_reset(&a);
	assert_true(answer_body(&a, SLICE_LIT("first")));
	while (answer_body(&a, slice_bytes(block, sizeof(block))))
		n++;
	assert_int_equal(n, (ANSWER_BODY_BYTES_MAX - 5) / sizeof(block));
	assert_true(a.body_cut);
	assert_int_equal(a.snippet_n, SNIPPET_BYTES_MAX);
	assert_memory_equal(a.snippet, "firstyyy", 8);
}

static void exactly_as_much(void **state)
{
	static char body[ANSWER_BODY_BYTES_MAX];
	struct answer a;

	(void)state;
	answer_reset(&a);
	assert_true(answer_body(&a, slice_bytes(body, sizeof(body))));
	assert_false(a.body_cut);
	assert_false(answer_body(&a, SLICE_LIT("x")));
	assert_true(a.body_cut);
}

static void completeness(void **state)
{
	static const struct {
		const char *lines[5];
		const char *body;
		bool complete;
	} rows[] = {
	    {{"HTTP/2 204 \r\n", "\r\n"}, "", true},
	    {{"HTTP/2 204 \r\n", "server: x\r\n"}, "", false},
	    {{"HTTP/1.1 100 Continue\r\n", "\r\n"}, "", false},
	    {{"HTTP/1.1 304 x\r\n", "content-length: 9\r\n", "\r\n"}, "", true},
	    {{"HTTP/1.1 200 OK\r\n", "Content-Length: 0\r\n", "\r\n"},
	     "",
	     true},
	    {{"HTTP/1.1 200 OK\r\n", "Content-Length: 3\r\n", "\r\n"},
	     "abc",
	     true},
	    {{"HTTP/1.1 200 OK\r\n", "Content-Length: 4\r\n", "\r\n"},
	     "abc",
	     false},
	    {{"HTTP/1.1 200 OK\r\n", "Content-Length: x\r\n", "\r\n"},
	     "abc",
	     false},
	    {{"HTTP/1.1 200 OK\r\n", "\r\n"}, "abc", false},
	    {{"HTTP/1.1 200 OK\r\n", "content-encoding: gzip\r\n",
	      "content-length: 3\r\n", "\r\n"},
	     "abc",
	     false},
	    {{"HTTP/1.1", "\r\n"}, "", false},
	    {{"HTTP/1.1 2", "\r\n"}, "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct answer a;

		answer_reset(&a);
		for (size_t j = 0; j < 5 && rows[i].lines[j]; j++)
			header(&a, rows[i].lines[j]);
		if (*rows[i].body)
			assert_true(answer_body(&a, slice_of(rows[i].body)));
		assert_int_equal(a.complete, rows[i].complete);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(directives),
	    cmocka_unit_test(interim_answers_do_not_count),
	    cmocka_unit_test(headers_end),
	    cmocka_unit_test(body_ends),
	    cmocka_unit_test(exactly_as_much),
	    cmocka_unit_test(completeness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
