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

#include "base/civil.h"
#include "base/mem.h"

#define DAY_S INT64_C(86400)

/* What a date says, before it is a moment. */
struct date {
	struct civil at; /* its second may be a leap second, 60 */
	int offset_s;	 /* east of UTC */
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

/* A leap second is the last of a UTC month, and counts as the one after it. */
static bool leap_second_is_possible(int64_t next_s)
{
	struct civil next;

	if (next_s < 0 || next_s % DAY_S != 0)
		return false;
	civil_from_ms(&next, next_s * 1000);
	return next.day == 1;
}

static enum err wall_of_date(const struct date *d, uint64_t *wall_ms)
{
	struct civil look = d->at;
	bool leap = look.second == 60;
	int64_t ms;

	look.second -= leap;
	if (!civil_is_valid(&look))
		return ERR_BAD_VALUE;
	ms = civil_to_ms(&d->at) - d->offset_s * INT64_C(1000);
	if (ms < 0 || (leap && !leap_second_is_possible(ms / 1000)))
		return ERR_BAD_VALUE;
	*wall_ms = (uint64_t)ms;
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
	struct civil c;

	civil_from_ms(&c, (int64_t)ms);
	memcpy(out, "0000-00-00T00:00:00.000Z", RFC3339_SIZE);
	put_digits(out, 4, (unsigned)c.year);
	put_digits(out + 5, 2, (unsigned)c.month);
	put_digits(out + 8, 2, (unsigned)c.day);
	put_digits(out + 11, 2, (unsigned)c.hour);
	put_digits(out + 14, 2, (unsigned)c.minute);
	put_digits(out + 17, 2, (unsigned)c.second);
	put_digits(out + 20, 3, (unsigned)c.ms);
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
	d->at.hour = take_number(in, 2);
	take_text(in, ":");
	d->at.minute = take_number(in, 2);
	take_text(in, ":");
	d->at.second = take_number(in, 2);
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

	d.at.year = take_number(&in, 4);
	take_text(&in, "-");
	d.at.month = take_number(&in, 2);
	take_text(&in, "-");
	d.at.day = take_number(&in, 2);
	take_either(&in, 'T', 't');
	take_time(&in, &d);
	d.at.ms = take_fraction(&in);
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
	d->at.day = take_number(&in, 2);
	take_text(&in, " ");
	d->at.month = take_name(&in, month_names, 12) + 1;
	take_text(&in, " ");
	d->at.year = take_number(&in, 4);
	take_text(&in, " ");
	take_time(&in, d);
	take_text(&in, " GMT");
	return in;
}

/* Two digits never mean more than 50 years from now (RFC 9110, 5.6.7). */
static int full_year(int two_digits)
{
	struct civil today;
	int year;

	civil_from_ms(&today, (int64_t)wall_ms());
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
	d->at.day = take_number(&in, 2);
	take_text(&in, "-");
	d->at.month = take_name(&in, month_names, 12) + 1;
	take_text(&in, "-");
	d->at.year = full_year(take_number(&in, 2));
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
	d->at.month = take_name(&in, month_names, 12) + 1;
	take_text(&in, " ");
	if (peek(&in) == ' ') {
		skip(&in, 1);
		d->at.day = take_number(&in, 1);
	} else {
		d->at.day = take_number(&in, 2);
	}
	take_text(&in, " ");
	take_time(&in, d);
	take_text(&in, " ");
	d->at.year = take_number(&in, 4);
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
