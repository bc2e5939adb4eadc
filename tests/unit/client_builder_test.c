/*
 * client_builder_test - a JSON batch, and what does not fit into it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "client/postrider.h"

static void body_is(struct postrider_builder *b, const char *want)
{
	size_t n;
	const char *body = postrider_builder_body(b, &n);

	assert_int_equal(n, strlen(want));
	assert_memory_equal(body, want, n);
}

static void builds_events(void **state)
{
	struct postrider_builder *b = postrider_builder_new();
	const struct postrider_event full = {
	    .project = "p",
	    .event_name = "a\"b",
	    .email = "e",
	    .user_id = "u",
	    .data_fields_json = "{\"n\":1.50}",
	    .id = "k",
	    .ordering_key = "o",
	    .created_at = "2026-11-23T08:16:45Z",
	    .expires_in_ms = 5,
	};
	const struct postrider_event least = {.project = "p",
					      .event_name = "a"};

	(void)state;
	body_is(b, "");
	assert_int_equal(postrider_builder_add(b, &full), POSTRIDER_OK);
	assert_int_equal(postrider_builder_add(b, &least), POSTRIDER_OK);
	assert_int_equal(postrider_builder_add_json(b, "{\"x\":1}", 7),
			 POSTRIDER_OK);
	assert_int_equal(postrider_builder_count(b), 3);
	body_is(b, "[{\"op\":\"event\",\"project\":\"p\",\"eventName\":"
		   "\"a\\\"b\",\"email\":\"e\",\"userId\":\"u\",\"id\":\"k\","
		   "\"orderingKey\":\"o\",\"createdAt\":"
		   "\"2026-11-23T08:16:45Z\",\"expiresInMs\":5,"
		   "\"dataFields\":{\"n\":1.50}},"
		   "{\"op\":\"event\",\"project\":\"p\",\"eventName\":\"a\"},"
		   "{\"x\":1}]");
	postrider_builder_reset(b);
	assert_int_equal(postrider_builder_add_json(b, "{}", 2), POSTRIDER_OK);
	body_is(b, "[{}]");
	/* A look does no harm. */
	assert_int_equal(postrider_builder_add_json(b, "{}", 2), POSTRIDER_OK);
	body_is(b, "[{},{}]");
	postrider_builder_free(&b);
	assert_null(b);
}

static void refuses_what_is_no_object(void **state)
{
	struct postrider_builder *b = postrider_builder_new();
	struct postrider_event e = {
	    .project = "p", .event_name = "a", .data_fields_json = "[1]"};

	(void)state;
	assert_int_equal(postrider_builder_add(b, &e), POSTRIDER_INVALID);
	e.data_fields_json = "";
	assert_int_equal(postrider_builder_add(b, &e), POSTRIDER_INVALID);
	assert_int_equal(postrider_builder_add_json(b, "1", 1),
			 POSTRIDER_INVALID);
	assert_int_equal(postrider_builder_count(b), 0);
	postrider_builder_free(&b);
}

static void keeps_to_the_limits(void **state)
{
	struct postrider_builder *b = postrider_builder_new();
	size_t n = 3 * 1024 * 1024, size;
	char *large = xmalloc(n);

	(void)state;
	for (int i = 0; i < POSTRIDER_BATCH_MESSAGES_MAX; i++)
		assert_int_equal(postrider_builder_add_json(b, "{}", 2),
				 POSTRIDER_OK);
	assert_int_equal(postrider_builder_add_json(b, "{}", 2),
			 POSTRIDER_FULL);
	postrider_builder_reset(b);
	memset(large, ' ', n);
	large[0] = '{';
	large[n - 1] = '}';
	assert_int_equal(postrider_builder_add_json(b, large, n), POSTRIDER_OK);
	assert_int_equal(postrider_builder_add_json(b, large, n), POSTRIDER_OK);
	assert_int_equal(postrider_builder_add_json(b, large, n),
			 POSTRIDER_FULL);
	/* What did not fit is gone without a trace, and smaller ones go on. */
	assert_int_equal(postrider_builder_add_json(b, "{}", 2), POSTRIDER_OK);
	postrider_builder_body(b, &size);
	assert_int_equal(size, 2 * n + 2 + 4);
	free(large);
	postrider_builder_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(builds_events),
	    cmocka_unit_test(refuses_what_is_no_object),
	    cmocka_unit_test(keeps_to_the_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
