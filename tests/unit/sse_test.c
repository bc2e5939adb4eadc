/*
 * sse_test - server-sent events, cut anywhere.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sse.h"

struct seen {
	char text[512];
	int left;
};

static bool on_event(void *arg, const char *name, const char *data)
{
	struct seen *s = arg;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%s=%s;", name, data);
	return --s->left > 0;
}

static void events_are_the_same_however_cut(void **state)
{
	static const char text[] =
	    ": comment\n\nevent: attempt\ndata: {\"a\":1}\n\n"
	    "data:x\r\ndata: y\r\nid: 5\r\n\r\nevent: none\n\n\ndata: z\n\n";
	struct slice all = SLICE_LIT(text);

	(void)state;
	for (size_t step = 1; step <= all.n; step++) {
		struct seen seen = {.left = 100};
		struct sse *s = sse_new(on_event, &seen);

		for (size_t i = 0; i < all.n; i += step)
			assert_true(
			    sse_push(s, slice_bytes(all.p + i, all.n - i < step
								   ? all.n - i
								   : step)));
		assert_string_equal(seen.text, "attempt={\"a\":1};=x\ny;=z;");
		sse_free(&s);
	}
}

static void stops_when_told(void **state)
{
	struct seen seen = {.left = 1};
	struct sse *s = sse_new(on_event, &seen);

	(void)state;
	assert_false(sse_push(s, SLICE_LIT("data: a\n\ndata: b\n\n")));
	assert_string_equal(seen.text, "=a;");
	sse_free(&s);
}

static void leaves_out_what_is_too_long(void **state)
{
	struct seen seen = {.left = 100};
	struct sse *s = sse_new(on_event, &seen);

	(void)state;
	assert_true(sse_push(s, SLICE_LIT("data: ")));
	for (int i = 0; i < 300 * 1024; i++)
		assert_true(sse_push(s, SLICE_LIT("x")));
	assert_true(sse_push(s, SLICE_LIT("\n\ndata: ok\n\n")));
	assert_string_equal(seen.text, "=ok;");
	sse_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(events_are_the_same_however_cut),
	    cmocka_unit_test(stops_when_told),
	    cmocka_unit_test(leaves_out_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
