/*
 * clock - the two clocks, and the dates of RFC 3339 and HTTP.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The calendar is computed here: strptime and strftime obey the locale, and a
 * date on the wire does not.
 */
#include "base/clock.h"

#include <stdbool.h>
#include <time.h>

#include "base/mem.h"

#define DAY_S INT64_C(86400)

/* What a date says, before it is a moment. */
struct date {
	int year, month, day; /* month and day from 1 */
	int hour, minute, second;
	int ms;
	int offset_s; /* east of UTC */
};

/* Reads from the front; after the first fault ok is false and stays so. */
struct scan {
	struct slice rest;
	bool ok;
};

static uint64_t read_us(clockid_t id)
{
	struct timespec t;

	must(clock_gettime(id, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t now_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

uint64_t now_ms(void)
{
	return now_us() / 1000;
}

uint64_t wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

uint64_t wall_ms(void)
{
	return wall_us() / 1000;
}

/*
 * Years are counted from March, so that the leap day is the last of its year;
 * 400 of them are one era of 146097 days, and day 0 of era 0 is 719468 days
 * before 1970.
 */
static int64_t days_of_date(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

/* The way back, for days since 1970 that are not negative. */
static void date_of_days(struct date *d, int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = z / 146097;
	int64_t day = z - era * 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t of_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	d->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	d->month = (int)(month < 10 ? month + 3 : month - 9);
	d->year = (int)(year + era * 400 + (d->month <= 2));
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
				   31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* A leap second is the last of a UTC month, and counts as the one after it. */
static bool leap_second_is_possible(int64_t next_s)
{
	struct date d = {0};

	if (next_s < 0 || next_s % DAY_S != 0)
		return false;
	date_of_days(&d, next_s / DAY_S);
	return d.day == 1;
}

static enum err wall_of_date(const struct date *d, uint64_t *wall_ms)
{
	int64_t s;

	if (d->month < 1 || d->month > 12 || d->day < 1 ||
	    d->day > days_in_month(d->year, d->month) || d->hour > 23 ||
	    d->minute > 59 || d->second > 60)
		return ERR_BAD_VALUE;
	s = days_of_date(d->year, d->month, d->day) * DAY_S +
	    d->hour * INT64_C(3600) + d->minute * INT64_C(60) + d->second -
	    d->offset_s;
	if (s < 0 || (d->second == 60 && !leap_second_is_possible(s)))
		return ERR_BAD_VALUE;
	*wall_ms = (uint64_t)s * 1000 + (uint64_t)d->ms;
	return ERR_OK;
}

static void put_digits(char *p, int width, unsigned value)
{
	for (int i = width - 1; i >= 0; i--) {
		p[i] = (char)('0' + value % 10);
		value /= 10;
	}
}

char *rfc3339_format(char out[RFC3339_SIZE], uint64_t wall_ms)
{
	/* The last moment that four digits of year can name. */
	const uint64_t last_ms = UINT64_C(253402300799999);
	uint64_t ms = wall_ms < last_ms ? wall_ms : last_ms;
	unsigned second = (unsigned)(ms / 1000 % (uint64_t)DAY_S);
	struct date d = {0};

	date_of_days(&d, (int64_t)(ms / 1000) / DAY_S);
	memcpy(out, "0000-00-00T00:00:00.000Z", RFC3339_SIZE);
	put_digits(out, 4, (unsigned)d.year);
	put_digits(out + 5, 2, (unsigned)d.month);
	put_digits(out + 8, 2, (unsigned)d.day);
	put_digits(out + 11, 2, second / 3600);
	put_digits(out + 14, 2, second / 60 % 60);
	put_digits(out + 17, 2, second % 60);
	put_digits(out + 20, 3, (unsigned)(ms % 1000));
	return out;
}

static char peek(const struct scan *in)
{
	return in->ok && in->rest.n ? in->rest.p[0] : '\0';
}

static void skip(struct scan *in, size_t n)
{
	in->rest = slice_bytes(in->rest.p + n, in->rest.n - n);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly width digits. */
static int take_number(struct scan *in, int width)
{
	int value = 0;

	for (int i = 0; i < width; i++) {
		if (!is_digit(peek(in))) {
			in->ok = false;
			return 0;
		}
		value = value * 10 + (peek(in) - '0');
		skip(in, 1);
	}
	return value;
}

static void take_text(struct scan *in, const char *text)
{
	size_t n = strlen(text);

	if (!in->ok || in->rest.n < n || memcmp(in->rest.p, text, n) != 0)
		in->ok = false;
	else
		skip(in, n);
}

/* One of two characters, for letters whose case is free. */
static void take_either(struct scan *in, char a, char b)
{
	if (peek(in) != a && peek(in) != b)
		in->ok = false;
	else
		skip(in, 1);
}

/* The index of the name that stands here. */
static int take_name(struct scan *in, const char *const *names, int count)
{
	for (int i = 0; in->ok && i < count; i++) {
		size_t n = strlen(names[i]);

		if (in->rest.n >= n && memcmp(in->rest.p, names[i], n) == 0) {
			skip(in, n);
			return i;
		}
	}
	in->ok = false;
	return 0;
}

static void take_time(struct scan *in, struct date *d)
{
	d->hour = take_number(in, 2);
	take_text(in, ":");
	d->minute = take_number(in, 2);
	take_text(in, ":");
	d->second = take_number(in, 2);
}

/* Any number of digits, of which we keep the milliseconds. */
static int take_fraction(struct scan *in)
{
	int ms = 0;
	int unit = 100;

	if (peek(in) != '.')
		return 0;
	skip(in, 1);
	in->ok = is_digit(peek(in));
	while (is_digit(peek(in))) {
		ms += (peek(in) - '0') * unit;
		unit /= 10;
		skip(in, 1);
	}
	return ms;
}

static int take_offset(struct scan *in)
{
	int sign = peek(in) == '-' ? -1 : 1;
	int hours, minutes;

	if (peek(in) == 'Z' || peek(in) == 'z') {
		skip(in, 1);
		return 0;
	}
	take_either(in, '+', '-');
	hours = take_number(in, 2);
	take_text(in, ":");
	minutes = take_number(in, 2);
	in->ok = in->ok && hours <= 23 && minutes <= 59;
	return sign * (hours * 3600 + minutes * 60);
}

enum err rfc3339_parse(struct slice s, uint64_t *wall_ms)
{
	struct scan in = {s, true};
	struct date d = {0};

	d.year = take_number(&in, 4);
	take_text(&in, "-");
	d.month = take_number(&in, 2);
	take_text(&in, "-");
	d.day = take_number(&in, 2);
	take_either(&in, 'T', 't');
	take_time(&in, &d);
	d.ms = take_fraction(&in);
	d.offset_s = take_offset(&in);
	if (!in.ok || in.rest.n)
		return ERR_MALFORMED;
	return wall_of_date(&d, wall_ms);
}

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr",
					  "May", "Jun", "Jul", "Aug",
					  "Sep", "Oct", "Nov", "Dec"};
static const char *const day_names[] = {"Mon", "Tue", "Wed", "Thu",
					"Fri", "Sat", "Sun"};
static const char *const long_day_names[] = {"Monday",	 "Tuesday", "Wednesday",
					     "Thursday", "Friday",  "Saturday",
					     "Sunday"};

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static struct scan scan_imf(struct slice s, struct date *d)
{
	struct scan in = {s, true};

	take_name(&in, day_names, 7);
	take_text(&in, ", ");
	d->day = take_number(&in, 2);
	take_text(&in, " ");
	d->month = take_name(&in, month_names, 12) + 1;
	take_text(&in, " ");
	d->year = take_number(&in, 4);
	take_text(&in, " ");
	take_time(&in, d);
	take_text(&in, " GMT");
	return in;
}

/* Two digits never mean more than 50 years from now (RFC 9110, 5.6.7). */
static int full_year(int two_digits)
{
	struct date today = {0};
	int year;

	date_of_days(&today, (int64_t)(wall_ms() / 1000) / DAY_S);
	year = today.year / 100 * 100 + 100 + two_digits;
	while (year > today.year + 50)
		year -= 100;
	return year;
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" */
static struct scan scan_rfc850(struct slice s, struct date *d)
{
	struct scan in = {s, true};

	take_name(&in, long_day_names, 7);
	take_text(&in, ", ");
	d->day = take_number(&in, 2);
	take_text(&in, "-");
	d->month = take_name(&in, month_names, 12) + 1;
	take_text(&in, "-");
	d->year = full_year(take_number(&in, 2));
	take_text(&in, " ");
	take_time(&in, d);
	take_text(&in, " GMT");
	return in;
}

/* "Sun Nov  6 08:49:37 1994" */
static struct scan scan_asctime(struct slice s, struct date *d)
{
	struct scan in = {s, true};

	take_name(&in, day_names, 7);
	take_text(&in, " ");
	d->month = take_name(&in, month_names, 12) + 1;
	take_text(&in, " ");
	if (peek(&in) == ' ') {
		skip(&in, 1);
		d->day = take_number(&in, 1);
	} else {
		d->day = take_number(&in, 2);
	}
	take_text(&in, " ");
	take_time(&in, d);
	take_text(&in, " ");
	d->year = take_number(&in, 4);
	return in;
}

enum err http_date_parse(struct slice s, uint64_t *wall_ms)
{
	static struct scan (*const forms[])(struct slice, struct date *) = {
	    scan_imf, scan_rfc850, scan_asctime};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct date d = {0};
		struct scan in = forms[i](s, &d);

		if (in.ok && in.rest.n == 0)
			return wall_of_date(&d, wall_ms);
	}
	return ERR_MALFORMED;
}
