/*
 * retry_after_test - seconds, dates, and what is neither.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/retry_after.h"

#define NOW_MS 1795421805000u /* Mon, 23 Nov 2026 08:16:45 GMT */
#define DAY_MS (24u * 60 * 60 * 1000)

static void values(void **state)
{
	static const struct {
		const char *value;
		uint64_t ms;
	} rows[] = {
	    {"", 0},
	    {"120", 120000},
	    {"86400", DAY_MS},
	    {"86401", DAY_MS},
	    {"18446744073709551615", DAY_MS},
	    {"99999999999999999999999999", DAY_MS},
	    {"-5", 0},
	    {"1.5", 0},
	    {"5 s", 0},
	    {"soon", 0},
	    {"Mon, 23 Nov 2026 08:16:45 GMT", 0},
	    {"Mon, 23 Nov 2026 08:16:44 GMT", 0},
	    {"Monday, 23-Nov-26 08:16:46 GMT", 1000},
	    {"Mon Nov 23 08:16:47 2026", 2000},
	    {"Mon, 23 Nov 2099 08:16:45 GMT", DAY_MS},
	    {"Mon, 23 Nov 1926 08:16:45 GMT", 0},
	    {"Tue, 24 Nov 2026 08:16:45 GMT", DAY_MS},
	    {"Tue, 24 Nov 2026 08:16:46 GMT", DAY_MS},
	    {"Tue, 24 Nov 2026 08:16:44 GMT", DAY_MS - 1000},
	    {"Mon, 23 Nov 2026 08:17:45 CET", 0},
	    {"1", 1000},
	    {"007", 7000},
	    {"+5", 0},
	    {" 5", 0},
	    {"5,6", 0},
	    {"99999999999999999999999999x", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(
		    retry_after_parse(slice_of(rows[i].value), NOW_MS),
		    rows[i].ms);
}

/* Header values are bytes, and may be none. */
static void bytes(void **state)
{
	(void)state;
	assert_int_equal(retry_after_parse(slice_of(NULL), NOW_MS), 0);
	assert_int_equal(retry_after_parse(SLICE_LIT("5\0"), NOW_MS), 0);
	assert_int_equal(retry_after_parse(SLICE_LIT("\xff\xfe"), NOW_MS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values),
	    cmocka_unit_test(bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
