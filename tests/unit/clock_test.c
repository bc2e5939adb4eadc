/*
 * clock_test - dates in every form, and out of every form.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/rng.h"

struct good {
	const char *text;
	uint64_t ms;
};

static void rfc3339_is_read(void **state)
{
	static const struct good cases[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"1970-01-01T00:00:00.001Z", 1},
	    {"2026-11-23T08:16:45.000Z", 1795421805000},
	    {"2026-11-23t08:16:45.123456789z", 1795421805123},
	    {"2026-11-23T08:16:45.9999Z", 1795421805999},
	    {"2026-11-23T08:16:45.5Z", 1795421805500},
	    {"2026-11-23T09:16:45+01:00", 1795421805000},
	    {"2026-11-23T02:46:45-05:30", 1795421805000},
	    {"2026-11-23T08:16:45-00:00", 1795421805000},
	    {"1969-12-31T23:00:00-01:00", 0},
	    {"2024-02-29T00:00:00Z", 1709164800000},
	    {"2000-02-29T00:00:00Z", 951782400000},
	    {"2016-12-31T23:59:60Z", 1483228800000},
	    {"2016-12-31T15:59:60.5-08:00", 1483228800500},
	    {"9999-12-31T23:59:59.999Z", 253402300799999},
	};
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(rfc3339_parse(slice_of(cases[i].text), &ms),
				 ERR_OK);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void what_is_not_rfc3339_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum err e;
	} cases[] = {
	    {"", ERR_MALFORMED},
	    {"2026-11-23", ERR_MALFORMED},
	    {"2026-11-23T08:16:45", ERR_MALFORMED},
	    {"2026-11-23 08:16:45Z", ERR_MALFORMED},
	    {"2026-11-23T08:16Z", ERR_MALFORMED},
	    {"2026-11-23T08:16:45.Z", ERR_MALFORMED},
	    {"2026-11-23T08:16:45,5Z", ERR_MALFORMED},
	    {"2026-11-23T08:16:45Z ", ERR_MALFORMED},
	    {" 2026-11-23T08:16:45Z", ERR_MALFORMED},
	    {"2026-11-23T08:16:45+0100", ERR_MALFORMED},
	    {"2026-11-23T08:16:45+24:00", ERR_MALFORMED},
	    {"2026-11-23T08:16:45+01:60", ERR_MALFORMED},
	    {"2026-1-23T08:16:45Z", ERR_MALFORMED},
	    {"+026-11-23T08:16:45Z", ERR_MALFORMED},
	    {"2026-00-23T08:16:45Z", ERR_BAD_VALUE},
	    {"2026-13-23T08:16:45Z", ERR_BAD_VALUE},
	    {"2026-11-00T08:16:45Z", ERR_BAD_VALUE},
	    {"2026-11-31T08:16:45Z", ERR_BAD_VALUE},
	    {"2026-02-29T08:16:45Z", ERR_BAD_VALUE},
	    {"2100-02-29T08:16:45Z", ERR_BAD_VALUE},
	    {"2026-11-23T24:00:00Z", ERR_BAD_VALUE},
	    {"2026-11-23T08:60:00Z", ERR_BAD_VALUE},
	    {"2026-11-23T08:16:61Z", ERR_BAD_VALUE},
	    {"2026-11-23T08:16:60Z", ERR_BAD_VALUE},
	    {"2026-11-23T23:59:60Z", ERR_BAD_VALUE},
	    {"1969-12-31T23:59:59Z", ERR_BAD_VALUE},
	    {"1970-01-01T00:00:00+00:01", ERR_BAD_VALUE},
	    {"0000-01-01T00:00:00Z", ERR_BAD_VALUE},
	};
	uint64_t ms = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(rfc3339_parse(slice_of(cases[i].text), &ms),
				 cases[i].e);
	assert_int_equal(ms, 42);
}

/* The C library's calendar is the model. */
static void formatting_agrees_with_the_library(void **state)
{
	char text[RFC3339_SIZE], want[64];
	uint64_t back;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t ms = rng_u64() % UINT64_C(253402300800000);
		time_t s = (time_t)(ms / 1000);
		struct tm tm;
		size_t n;

		gmtime_r(&s, &tm);
		n = strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(want + n, sizeof(want) - n, ".%03dZ",
			 (int)(ms % 1000));
		assert_string_equal(rfc3339_format(text, ms), want);
		assert_int_equal(rfc3339_parse(slice_of(text), &back), ERR_OK);
		assert_int_equal(back, ms);
	}
	assert_string_equal(rfc3339_format(text, UINT64_MAX),
			    "9999-12-31T23:59:59.999Z");
}

static void http_dates_are_read_in_three_forms(void **state)
{
	static const struct good cases[] = {
	    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
	    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777000},
	    {"Sun Nov  6 08:49:37 1994", 784111777000},
	    {"Wed Nov 16 08:49:37 1994", 784975777000},
	    {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800000},
	    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
	};
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(http_date_parse(slice_of(cases[i].text), &ms),
				 ERR_OK);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void what_is_no_http_date_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "120",
	    "Sun, 06 Nov 1994 08:49:37",
	    "Sun, 06 Nov 1994 08:49:37 UTC",
	    "Sun, 06 Nov 1994 08:49:37 +0000",
	    "Sun, 6 Nov 1994 08:49:37 GMT",
	    "sun, 06 nov 1994 08:49:37 gmt",
	    "Xxx, 06 Nov 1994 08:49:37 GMT",
	    "Sun, 06 Xxx 1994 08:49:37 GMT",
	    "Sun, 06 Nov 1994 08:49:37 GMT ",
	    "Sun, 31 Nov 1994 08:49:37 GMT",
	    "Sun, 06 Nov 1994 25:49:37 GMT",
	    "Sun, 06 Nov 1894 08:49:37 GMT",
	    "Sun, 06-Nov-94 08:49:37 GMT",
	    "Sunday, 06 Nov 1994 08:49:37 GMT",
	    "Sun Nov 6 08:49:37 1994",
	    "Sun Nov  6 08:49:37 94",
	};
	uint64_t ms = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(http_date_parse(slice_of(bad[i]), &ms),
				     ERR_OK);
	assert_int_equal(ms, 42);
}

static void two_digit_years_stay_near(void **state)
{
	uint64_t latest_ms = wall_ms() + UINT64_C(51) * 366 * 86400 * 1000;
	char text[64];
	uint64_t ms;

	(void)state;
	for (int year = 0; year < 100; year++) {
		snprintf(text, sizeof(text), "Sunday, 06-Nov-%02d 08:49:37 GMT",
			 year);
		assert_int_equal(http_date_parse(slice_of(text), &ms), ERR_OK);
		assert_true(ms < latest_ms);
	}
}

static void no_cut_and_no_noise_breaks_a_parser(void **state)
{
	static const char *const seeds[] = {
	    "2026-11-23T08:16:45.123+01:00",
	    "Sunday, 06-Nov-94 08:49:37 GMT",
	    "Sun, 06 Nov 1994 08:49:37 GMT",
	    "Sun Nov  6 08:49:37 1994",
	};
	char text[64];
	uint64_t ms;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		const char *seed = seeds[i % 4];
		size_t n = rng_u64() % (strlen(seed) + 1);

		memcpy(text, seed, strlen(seed));
		text[rng_u64() % strlen(seed)] = (char)(rng_u64() & 0x7f);
		if (rfc3339_parse(slice_bytes(text, n), &ms) == ERR_OK ||
		    http_date_parse(slice_bytes(text, n), &ms) == ERR_OK)
			assert_true(ms <= UINT64_C(253402300800000));
	}
}

static void clocks_go_forward(void **state)
{
	uint64_t a = now_us();
	uint64_t b = now_us();

	(void)state;
	assert_true(b >= a);
	assert_true(now_ms() >= a / 1000);
	assert_true(wall_ms() > UINT64_C(1700000000000));
	assert_true(wall_us() / 1000 >= UINT64_C(1700000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rfc3339_is_read),
	    cmocka_unit_test(what_is_not_rfc3339_is_refused),
	    cmocka_unit_test(formatting_agrees_with_the_library),
	    cmocka_unit_test(http_dates_are_read_in_three_forms),
	    cmocka_unit_test(what_is_no_http_date_is_refused),
	    cmocka_unit_test(two_digit_years_stay_near),
	    cmocka_unit_test(no_cut_and_no_noise_breaks_a_parser),
	    cmocka_unit_test(clocks_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
