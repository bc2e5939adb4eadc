/*
 * helper_date_test - the helpers of dates and times.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "helper_rows.h"

#include "base/civil.h"

#define BERLIN "'tz':'Europe/Berlin'"
#define ANGELES "'tz':'America/Los_Angeles'"
#define ISO_Q "\\u0027" /* a quote in a pattern */

static const struct helper_row format_rows[] = {
    {"now", "", NULL, "2026-11-26T22:20:01.045Z"},
    {"now", "", BERLIN, "2026-11-26T23:20:01.045+01:00"},
    {"now", "'yyyy'", NULL, "2026"},
    {"now", "", "'format':'EEEE'", "Thursday"},
    {"now", "'medium'", NULL, "Nov 26, 2026"},
    {"timestamp", "", NULL, "1795731601045"},
    {"dateFormat", "'2025-02-12','full'", NULL, "Wednesday, February 12, 2025"},
    {"dateFormat", "'2025-02-12','long','de_DE'", NULL, "February 12, 2025"},
    {"dateFormat", "'2012-06-19'", "'format':'medium'", "Jun 19, 2012"},
    {"dateFormat", "'2012-06-19','short'", NULL, "6/19/12"},
    {"dateFormat", "'2025-02-12','iso'", NULL, "2025-02-12T00:00:00.000Z"},
    /* What is read. */
    {"dateFormat", "'2025-02-12 13:45:30 +00:00'", NULL,
     "2025-02-12T13:45:30.000Z"},
    {"dateFormat", "'2025-02-12T13:45+02'", NULL, "2025-02-12T11:45:00.000Z"},
    {"dateFormat", "'20250212T134530-0130'", NULL, "2025-02-12T15:15:30.000Z"},
    {"dateFormat", "'2025-02-12t13:45:30.1239z'", NULL,
     "2025-02-12T13:45:30.123Z"},
    {"dateFormat", "'2025-02'", NULL, "2025-02-01T00:00:00.000Z"},
    {"dateFormat", "'2025'", NULL, "2025-01-01T00:00:00.000Z"},
    {"dateFormat", "'2016-12-31T23:59:60Z'", NULL, "2016-12-31T23:59:59.000Z"},
    {"dateFormat", "0", NULL, "1970-01-01T00:00:00.000Z"},
    {"dateFormat", "-1", NULL, "1969-12-31T23:59:59.000Z"},
    {"dateFormat", "1795731601", NULL, "2026-11-26T22:20:01.000Z"},
    {"dateFormat", "1795731601.045", NULL, "2026-11-26T22:20:01.045Z"},
    {"dateFormat", "1795731601045", NULL, "2026-11-26T22:20:01.045Z"},
    {"dateFormat", "'1795731601045'", NULL, "2026-11-26T22:20:01.045Z"},
    {"dateFormat", "'now'", NULL, "2026-11-26T22:20:01.045Z"},
    {"dateFormat", "null,'yyyy'", NULL, ""},
    {"dateFormat", "''", NULL, ""},
    {"dateFormat", "'2025-02-30'", NULL, "!the value is no date"},
    {"dateFormat", "'2025-13-01'", NULL, "!the value is no date"},
    {"dateFormat", "'2025-02-12T24:00'", NULL, "!the value is no date"},
    {"dateFormat", "'2025-02-12T10:00 CET'", NULL, "!the value is no date"},
    {"dateFormat", "'2025-02-12x'", NULL, "!the value is no date"},
    {"dateFormat", "'yesterday'", NULL, "!the value is no date"},
    {"dateFormat", "1e300", NULL, "!the value is no date"},
    {"dateFormat", "[2025]", NULL, "!the value is no date"},
    {"dateFormat", "true", NULL, "!the value is no date"},
    /* What is printed. */
    {"dateFormat", "'2025-02-03T04:05:06.007Z','y yy yyyy yyyyy'", NULL,
     "2025 25 2025 02025"},
    {"dateFormat", "'2025-02-03T04:05:06.007Z','M MM MMM MMMM L'", NULL,
     "2 02 Feb February 2"},
    {"dateFormat", "'2025-02-03T04:05:06.007Z','d dd D DDD E EEEE e u w'", NULL,
     "3 03 34 034 Mon Monday 1 1 6"},
    {"dateFormat", "'2025-02-03T04:05:06.007Z','H HH h hh k K m mm s ss a'",
     NULL, "4 04 4 04 4 4 5 05 6 06 AM"},
    {"dateFormat", "'2025-02-03T00:05:06Z','H h k K a'", NULL, "0 12 24 0 AM"},
    {"dateFormat", "'2025-02-03T12:05:06Z','H h k K a'", NULL, "12 12 12 0 PM"},
    {"dateFormat", "'2025-02-03T04:05:06.007Z','S SS SSS SSSSSS'", NULL,
     "7 07 007 007000"},
    {"dateFormat",
     "'2025-07-03','z Z X XX X"
     "XX'",
     BERLIN, "CEST +0200 +02 +0200 +02:00"},
    {"dateFormat",
     "'2025-01-03','z Z X XX X"
     "XX'",
     ANGELES, "PST -0800 -08 -0800 -08:00"},
    {"dateFormat",
     "'2025-01-03','z Z X XX X"
     "XX'",
     NULL, "UTC +0000 Z Z Z"},
    {"dateFormat", "'2025-01-03','HH:mm z'", "'tz':'+05:30'",
     "05:30 GMT+05:30"},
    {"dateFormat", "'2025-01-03','HH'", "'tz':'Etc/GMT+5'", "19"},
    {"dateFormat", "'2025-01-03','HH'", "'tz':''", "00"},
    {"dateFormat", "'2025-01-03','HH'", "'tz':null", "00"},
    {"dateFormat", "'2025-01-03','yyyy.MM.dd/HH–mm'", NULL, "2025.01.03/00–00"},
    {"dateFormat", "'2025-01-03','Q'", NULL, "!unknown date format"},
    {"dateFormat", "'2025-01-03','yyyy-MM-ddTHH'", NULL,
     "!unknown date format"},
    {"dateFormat", "'2025-01-03','HH'", "'tz':'Mars/Olympus'",
     "!unknown time zone"},
    {"dateFormat", "'2025-01-03','HH'", "'tz':'../../etc/passwd'",
     "!unknown time zone"},
    {"dateFormat", "'2025-01-03','HH'", "'tz':'/etc/localtime'",
     "!unknown time zone"},
    {"dateFormat", "'2025-01-03','HH'", "'tz':'America'", "!unknown time zone"},
    {"dateFormat", "'2025-01-03','HH'", "'tz':'Nowhere'", "!unknown time zone"},
    {"dateFormat", "'2025-01-03','HH'", "'tz':'EST5EDT,M3.2.0,M11.1.0'",
     "!unknown time zone"},
    /* Berlin: the hour from 2 is left out, and in autumn it comes twice. */
    {"dateFormat", "'2026-03-29T00:59:59Z'", BERLIN,
     "2026-03-29T01:59:59.000+01:00"},
    {"dateFormat", "'2026-03-29T01:00:00Z'", BERLIN,
     "2026-03-29T03:00:00.000+02:00"},
    {"dateFormat", "'2026-10-25T00:30:00Z'", BERLIN,
     "2026-10-25T02:30:00.000+02:00"},
    {"dateFormat", "'2026-10-25T01:30:00Z'", BERLIN,
     "2026-10-25T02:30:00.000+01:00"},
};

static const struct helper_row math_rows[] = {
    {"dateMath", "'2025-02-12','+7d'", NULL, "2025-02-19T00:00:00.000Z"},
    {"dateMath", "'2025-02-12','7d','short'", NULL, "2/19/25"},
    {"dateMath", "'now','-24h'", "'format':'yyyyMMddHHmmss'", "20261125222001"},
    {"dateMath", "'2025-01-31','+1M','iso'", NULL, "2025-02-28T00:00:00.000Z"},
    {"dateMath", "'2024-02-29','+1y','yyyy-MM-dd'", NULL, "2025-02-28"},
    {"dateMath", "'2025-03-31','-1M','yyyy-MM-dd'", NULL, "2025-02-28"},
    {"dateMath", "'2025-01-01','+1M -2d','yyyy-MM-dd'", NULL, "2025-01-30"},
    {"dateMath", "'2025-01-01','+1y-1M+1w-1d+1h-1m+1s'", NULL,
     "2025-12-07T00:59:01.000Z"},
    {"dateMath", "'2025-01-01','-13M','yyyy-MM'", NULL, "2023-12"},
    {"dateMath", "'2025-05-21T13:14:15.5Z','/y'", NULL,
     "2025-01-01T00:00:00.000Z"},
    {"dateMath", "'2025-05-21T13:14:15.5Z','/M'", NULL,
     "2025-05-01T00:00:00.000Z"},
    {"dateMath", "'2025-05-21T13:14:15.5Z','/w'", NULL,
     "2025-05-19T00:00:00.000Z"},
    {"dateMath", "'2025-05-21T13:14:15.5Z','/d+1d'", NULL,
     "2025-05-22T00:00:00.000Z"},
    {"dateMath", "'2025-05-21T13:14:15.5Z','/h'", NULL,
     "2025-05-21T13:00:00.000Z"},
    {"dateMath", "'2025-05-21T13:14:15.5Z','/m'", NULL,
     "2025-05-21T13:14:00.000Z"},
    {"dateMath", "'2025-05-21T13:14:15.5Z','/s'", NULL,
     "2025-05-21T13:14:15.000Z"},
    {"dateMath", "'2025-05-21'", NULL, "2025-05-21T00:00:00.000Z"},
    {"dateMath", "null,'+1d'", NULL, ""},
    /* A day is a day on the wall, an hour is sixty minutes. */
    {"dateMath", "'2026-03-28T12:00:00Z','+1d'", BERLIN,
     "2026-03-29T13:00:00.000+02:00"},
    {"dateMath", "'2026-03-28T12:00:00Z','+24h'", BERLIN,
     "2026-03-29T14:00:00.000+02:00"},
    {"dateMath", "'2026-03-28T01:30:00Z','+1d'", BERLIN,
     "2026-03-29T03:30:00.000+02:00"},
    {"dateMath", "'2026-10-24T00:30:00Z','+1d'", BERLIN,
     "2026-10-25T02:30:00.000+02:00"},
    {"dateMath", "'2026-10-26T01:30:00Z','-1d'", BERLIN,
     "2026-10-25T02:30:00.000+02:00"},
    {"dateMath", "'2026-03-08T09:30:00Z','+1h'", ANGELES,
     "2026-03-08T03:30:00.000-07:00"},
    {"dateMath", "'2026-11-01T09:00:00Z','/d'", ANGELES,
     "2026-11-01T00:00:00.000-07:00"},
    /* How old somebody is, and how many days it takes. */
    {"dateMath", "'1990-05-05','-2025y+1y-4M+1M-8d+1d','yy'", NULL, "34"},
    {"dateMath", "'2025-01-01','+9000y'", NULL, "!the date is out of range"},
    {"dateMath", "'2025-01-01','+999999999y'", NULL,
     "!the date is out of range"},
    {"dateMath", "'2025-01-01','-999999999w'", NULL,
     "!the date is out of range"},
    {"dateMath", "'2025-01-01','+999999999h'", NULL,
     "!the date is out of range"},
    {"dateMath", "'2025-01-01','+1000000000s'", NULL,
     "!dateMath: unknown steps"},
    {"dateMath", "'2025-01-01','+1q'", NULL, "!dateMath: unknown steps"},
    {"dateMath", "'2025-01-01','+d'", NULL, "!dateMath: unknown steps"},
    {"dateMath", "'2025-01-01','+'", NULL, "!dateMath: unknown steps"},
    {"dateMath", "'2025-01-01','5'", NULL, "!dateMath: unknown steps"},
    {"dateMath", "'2025-01-01','/'", NULL, "!dateMath: unknown steps"},
};

static void dates_are_formatted(void **state)
{
	(void)state;
	check_rows(format_rows);
}

static void dates_are_moved(void **state)
{
	(void)state;
	check_rows(math_rows);
}

static void zones_are_kept(void **state)
{
	(void)state;
	row_zones = zones_new();
	check_rows(format_rows);
	check_rows(math_rows);
	zones_free(&row_zones);
	assert_null(row_zones);
	zones_free(&row_zones);
}

/* More than there is room for, so that some are read again. */
static void kept_zones_are_the_same(void **state)
{
	static const char *const names[] = {
	    "Europe/Berlin",	"Europe/London",  "Europe/Paris",
	    "America/New_York", "Asia/Tokyo",	  "Asia/Kolkata",
	    "Australia/Sydney", "America/Denver", "Africa/Cairo",
	    "Pacific/Auckland", "Nowhere/Land"};
	size_t n = sizeof(names) / sizeof(names[0]);
	struct zones *zones = zones_new();

	(void)state;
	for (size_t i = 0; i < 5 * n; i++) {
		struct slice name = slice_of(names[i * 3 % n]);
		struct zone kept, own;
		bool known = zone_open(&own, NULL, name);

		assert_int_equal(zone_open(&kept, zones, name), known);
		if (!known)
			continue;
		assert_int_equal(zone_offset(&kept, NOW_MS / 1000),
				 zone_offset(&own, NOW_MS / 1000));
		zone_close(&kept);
		zone_close(&own);
	}
	zones_free(&zones);
}

static char *format_with_quotes(const char *pattern)
{
	struct arena arena = {0};
	struct value format = {.kind = VALUE_STRING, .text = slice_of(pattern)};
	const struct value *args[] = {&format};
	struct helper_call call = {.args = args,
				   .n_args = 1,
				   .arena = &arena,
				   .wall_ms = NOW_MS,
				   .bytes_left = 1000};
	const struct value *v = helper_find(SLICE_LIT("now"))->fn(&call);
	char *s = slice_dup(v ? v->text : slice_of(call.error));

	arena_fini(&arena);
	return s;
}

static void quoted_text_is_printed(void **state)
{
	static const char *const rows[][2] = {
	    {"yyyy-MM-dd'T'HH:mm", "2026-11-26T22:20"},
	    {"h 'o''clock' a", "10 o'clock PM"},
	    {"''yy''", "'26'"},
	    {"-y'y'+1'y'-M'M'", "-2026y+1y-11M"},
	    {"'open", "unknown date format"},
	    {"'", "unknown date format"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *s = format_with_quotes(rows[i][0]);

		assert_string_equal(s, rows[i][1]);
		free(s);
	}
}

static void calendar_agrees_with_itself(void **state)
{
	struct civil c = {.year = -CIVIL_YEAR_MAX, .month = 1, .day = 1};
	int64_t day = 86400000, ms = civil_to_ms(&c);
	int weekday = civil_weekday(&c);
	struct civil back;

	(void)state;
	while (c.year <= CIVIL_YEAR_MAX) {
		civil_from_ms(&back, ms);
		assert_memory_equal(&back, &c, sizeof(c));
		assert_int_equal(civil_weekday(&c), weekday);
		assert_int_equal(civil_to_ms(&c), ms);
		ms += day;
		weekday = weekday % 7 + 1;
		if (c.day++ < civil_month_days(c.year, c.month))
			continue;
		c.day = 1;
		c.month = c.month % 12 + 1;
		c.year += c.month == 1;
	}
	assert_false(civil_in_range(ms));
	assert_true(civil_in_range(ms - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_are_formatted),
	    cmocka_unit_test(dates_are_moved),
	    cmocka_unit_test(zones_are_kept),
	    cmocka_unit_test(kept_zones_are_the_same),
	    cmocka_unit_test(quoted_text_is_printed),
	    cmocka_unit_test(calendar_agrees_with_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
