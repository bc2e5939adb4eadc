/*
 * date - whether a text is a date, or a date with its time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jsonpath/date.h"

#include "base/civil.h"

/* Takes so many digits, for a number between the two. */
static bool number(struct slice *s, size_t n, int low, int high, int *out)
{
	*out = 0;
	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		*out = *out * 10 + (s->p[i] - '0');
	}
	*s = slice_bytes(s->p + n, s->n - n);
	return *out >= low && *out <= high;
}

static bool take(struct slice *s, const char *any)
{
	if (s->n == 0 || !s->p[0] || !strchr(any, s->p[0]))
		return false;
	*s = slice_bytes(s->p + 1, s->n - 1);
	return true;
}

static bool day(struct slice *s)
{
	int y, m, d;

	return number(s, 4, 0, 9999, &y) && take(s, "-") &&
	       number(s, 2, 1, 12, &m) && take(s, "-") &&
	       number(s, 2, 1, civil_month_days(y, m), &d);
}

static bool fraction(struct slice *s)
{
	if (!take(s, ".,"))
		return true;
	if (!take(s, "0123456789"))
		return false;
	while (take(s, "0123456789"))
		;
	return true;
}

/* 60 is a leap second. */
static bool time_of_day(struct slice *s)
{
	int n;

	if (!number(s, 2, 0, 23, &n) || !take(s, ":") ||
	    !number(s, 2, 0, 59, &n))
		return false;
	return !take(s, ":") || (number(s, 2, 0, 60, &n) && fraction(s));
}

static bool zone(struct slice *s)
{
	int n;

	if (s->n == 0 || take(s, "Zz"))
		return true;
	if (!take(s, "+-") || !number(s, 2, 0, 23, &n))
		return false;
	take(s, ":");
	return s->n == 0 || number(s, 2, 0, 59, &n);
}

bool date_is(struct slice s)
{
	if (!day(&s))
		return false;
	if (s.n == 0)
		return true;
	return take(&s, "Tt ") && time_of_day(&s) && zone(&s) && s.n == 0;
}
