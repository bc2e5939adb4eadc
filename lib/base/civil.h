/*
 * civil - dates and times of day as a calendar on the wall shows them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The Gregorian calendar, also before it was made; knows no time zones.
 */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#define CIVIL_YEAR_MAX 9999 /* and its negative */

struct civil {
	int year; /* 0 is the one before 1 */
	int month, day;
	int hour, minute, second, ms;
};

/* Every field in its bounds, the day in its month. */
bool civil_is_valid(const struct civil *c);
/* Milliseconds since 1970, as if in UTC, of a valid one; and back. */
int64_t civil_to_ms(const struct civil *c);
void civil_from_ms(struct civil *c, int64_t ms);
/* Whether civil_from_ms() makes a valid one of it. */
bool civil_in_range(int64_t ms);

int civil_month_days(int year, int month);
int civil_weekday(const struct civil *c); /* 1 to 7, Monday is 1 */
int civil_yearday(const struct civil *c); /* 1 to 366 */
int civil_week(const struct civil *c);	  /* ISO 8601, 1 to 53 */

#endif
