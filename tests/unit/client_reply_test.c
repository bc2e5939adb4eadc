/*
 * client_reply_test - answers in both encodings, and bytes that are none.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "client/reply.h"

static enum err decode(const void *p, size_t n, struct postrider_result *r)
{
	*r = (struct postrider_result){0};
	return reply_decode(slice_bytes(p, n), r);
}

static void is_accepted(const void *p, size_t n)
{
	struct postrider_result r;

	assert_int_equal(decode(p, n, &r), ERR_OK);
	assert_int_equal(r.status, POSTRIDER_OK);
	assert_int_equal(r.accepted, 1);
	assert_int_equal(r.duplicates, 0);
	assert_int_equal(r.n_ids, 1);
	assert_string_equal(r.ids[0], "evt_1");
	assert_int_equal(r.index, -1);
	postrider_result_fini(&r);
	assert_null(r.ids);
}

static void is_busy(const void *p, size_t n)
{
	struct postrider_result r;

	assert_int_equal(decode(p, n, &r), ERR_OK);
	assert_int_equal(r.status, POSTRIDER_REFUSED);
	assert_string_equal(r.code, "busy");
	assert_string_equal(r.message, "later");
	assert_string_equal(r.field, "f");
	assert_int_equal(r.index, 2);
	assert_int_equal(r.retry_after_ms, 7);
	postrider_result_fini(&r);
}

static void reads_json(void **state)
{
	static const char ok[] = "{\"ok\":true,\"accepted\":1,\"duplicates\":0,"
				 "\"ids\":[\"evt_1\"],\"more\":{}}";
	static const char busy[] = "{\"ok\":false,\"error\":{\"code\":\"busy\","
				   "\"message\":\"later\",\"index\":2,"
				   "\"field\":\"f\",\"retryAfterMs\":7}}";

	(void)state;
	is_accepted(ok, sizeof(ok) - 1);
	is_busy(busy, sizeof(busy) - 1);
}

static void reads_msgpack(void **state)
{
	static const char ok[] = "\x85\xa2ok\xc3\xa8"
				 "accepted\x01\xaa"
				 "duplicates\xcf\0\0\0\0\0\0\0\0\xa3"
				 "ids\x91\xa5"
				 "evt_1\xa4more\xcb\0\0\0\0\0\0\0\0";
	static const char busy[] = "\x82\xa2ok\xc2\xa5"
				   "error\x85\xa4"
				   "code\xa4"
				   "busy\xa7"
				   "message\xa5later\xa5index\x02\xa5"
				   "field\xa1"
				   "f\xacretryAfterMs\x07";

	(void)state;
	is_accepted(ok, sizeof(ok) - 1);
	is_busy(busy, sizeof(busy) - 1);
}

static void drops_what_is_no_answer(void **state)
{
	const struct slice bad[] = {
	    SLICE_LIT(""),
	    SLICE_LIT("{"),
	    SLICE_LIT("{}"),
	    SLICE_LIT("{\"ok\":1}"),
	    SLICE_LIT("{\"ok\":false}"),
	    SLICE_LIT("{\"ok\":false,\"error\":1}"),
	    SLICE_LIT("[1]"),
	    SLICE_LIT("\x01"),
	    SLICE_LIT("\x81\xa2ok"),
	    SLICE_LIT("\xdd\x07\xff\xff\xff"),
	    SLICE_LIT("\xdf\xff\xff\xff\xff"),
	    SLICE_LIT("\x81\xa2ok\xc3\x00"),
	    SLICE_LIT("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01"),
	};
	struct postrider_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(decode(bad[i].p, bad[i].n, &r), ERR_MALFORMED);
}

static void cuts_long_texts(void **state)
{
	char text[4096];
	struct postrider_result r;
	int n = snprintf(text, sizeof(text),
			 "{\"ok\":false,\"error\":{\"code\":\"%0100d\","
			 "\"message\":\"%0900d\",\"field\":\"%0400d\"}}",
			 1, 1, 1);

	(void)state;
	assert_int_equal(decode(text, (size_t)n, &r), ERR_OK);
	assert_int_equal(strlen(r.code), sizeof(r.code) - 1);
	assert_int_equal(strlen(r.message), sizeof(r.message) - 1);
	assert_int_equal(strlen(r.field), sizeof(r.field) - 1);
	assert_int_equal(r.index, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_json),
	    cmocka_unit_test(reads_msgpack),
	    cmocka_unit_test(drops_what_is_no_answer),
	    cmocka_unit_test(cuts_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
