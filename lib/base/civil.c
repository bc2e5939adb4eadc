/*
 * civil - dates and times of day as a calendar on the wall shows them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/civil.h"

#define DAY_MS INT64_C(86400000)
/* 400 years have as many days each time. */
#define ERA_DAYS 146097
/* From 0000-03-01 to 1970-01-01. */
#define EPOCH_DAYS 719468

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
				   31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

bool civil_is_valid(const struct civil *c)
{
	return c->year >= -CIVIL_YEAR_MAX && c->year <= CIVIL_YEAR_MAX &&
	       c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= civil_month_days(c->year, c->month) && c->hour >= 0 &&
	       c->hour <= 23 && c->minute >= 0 && c->minute <= 59 &&
	       c->second >= 0 && c->second <= 59 && c->ms >= 0 && c->ms <= 999;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Years begin in March here, so that a leap day is the last of its year. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = floor_div(y, 400), of_era = y - era * 400;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - EPOCH_DAYS;
}

static void date_of(struct civil *c, int64_t days)
{
	int64_t era, of_era, y, of_year, m;

	days += EPOCH_DAYS;
	era = floor_div(days, ERA_DAYS);
	of_era = days - era * ERA_DAYS;
	y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * y + y / 4 - y / 100);
	m = (5 * of_year + 2) / 153;
	c->day = (int)(of_year - (153 * m + 2) / 5 + 1);
	c->month = (int)(m < 10 ? m + 3 : m - 9);
	c->year = (int)(y + era * 400 + (c->month <= 2));
}

int64_t civil_to_ms(const struct civil *c)
{
	return days_of(c->year, c->month, c->day) * DAY_MS +
	       ((c->hour * 60 + c->minute) * INT64_C(60) + c->second) * 1000 +
	       c->ms;
}

void civil_from_ms(struct civil *c, int64_t ms)
{
	int64_t days = floor_div(ms, DAY_MS);
	int left = (int)(ms - days * DAY_MS);

	date_of(c, days);
	c->ms = left % 1000;
	c->second = left / 1000 % 60;
	c->minute = left / 60000 % 60;
	c->hour = left / 3600000;
}

bool civil_in_range(int64_t ms)
{
	return ms >= days_of(-CIVIL_YEAR_MAX, 1, 1) * DAY_MS &&
	       ms < days_of(CIVIL_YEAR_MAX + 1, 1, 1) * DAY_MS;
}

int civil_weekday(const struct civil *c)
{
	/* 1970-01-01 was a Thursday. */
	int64_t days = days_of(c->year, c->month, c->day) + 3;

	return (int)(days - floor_div(days, 7) * 7) + 1;
}

int civil_yearday(const struct civil *c)
{
	return (int)(days_of(c->year, c->month, c->day) -
		     days_of(c->year, 1, 1)) +
	       1;
}

/* A week is of the year that its Thursday is of. */
int civil_week(const struct civil *c)
{
	int64_t thursday =
	    days_of(c->year, c->month, c->day) + 4 - civil_weekday(c);
	struct civil t = {0};

	date_of(&t, thursday);
	return (int)(thursday - days_of(t.year, 1, 1)) / 7 + 1;
}
