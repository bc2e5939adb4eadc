/*
 * date_print - moments by patterns as Java's SimpleDateFormat knows them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/civil.h"
#include "template/date.h"

#define FORMAT_BYTES_MAX 512
#define WIDTH_MAX 16

static const char *const months[] = {
    "January", "February", "March",	"April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
static const char *const days[] = {"Monday",   "Tuesday", "Wednesday",
				   "Thursday", "Friday",  "Saturday",
				   "Sunday"};

struct moment {
	struct civil wall;
	int offset;
	const char *zone; /* as "CEST" */
};

static void print_number(struct buf *out, int number, int width)
{
	buf_printf(out, "%s%0*d", number < 0 ? "-" : "",
		   width > WIDTH_MAX ? WIDTH_MAX : width, abs(number));
}

/* The first three letters, or with four all of them. */
static void print_name(struct buf *out, const char *name, int width)
{
	buf_append(out, name, width >= 4 ? strlen(name) : 3);
}

static void print_year(struct buf *out, int year, int width)
{
	if (width == 2)
		print_number(out, abs(year) % 100, 2);
	else
		print_number(out, year, width);
}

static void print_ms(struct buf *out, int ms, int width)
{
	print_number(out, ms, width > 3 ? 3 : width);
	/* Finer than a millisecond nothing is known. */
	for (int i = 3; i < width && i < WIDTH_MAX; i++)
		buf_append_char(out, '0');
}

static void print_offset(struct buf *out, int offset, bool colon, bool minutes)
{
	int all = abs(offset) / 60;

	buf_printf(out, "%c%02d", offset < 0 ? '-' : '+', all / 60);
	if (minutes)
		buf_printf(out, "%s%02d", colon ? ":" : "", all % 60);
}

static void print_iso_offset(struct buf *out, int offset, int width)
{
	if (offset == 0)
		buf_append_char(out, 'Z');
	else
		print_offset(out, offset, width >= 3, width >= 2);
}

static bool print_date(struct buf *out, const struct moment *m, char letter,
		       int width)
{
	const struct civil *c = &m->wall;
	int weekday = civil_weekday(c);

	switch (letter) {
	case 'y':
		print_year(out, c->year, width);
		return true;
	case 'M':
	case 'L':
		if (width >= 3)
			print_name(out, months[c->month - 1], width);
		else
			print_number(out, c->month, width);
		return true;
	case 'd':
		print_number(out, c->day, width);
		return true;
	case 'D':
		print_number(out, civil_yearday(c), width);
		return true;
	case 'E':
		print_name(out, days[weekday - 1], width);
		return true;
	case 'e':
	case 'u':
		print_number(out, weekday, width);
		return true;
	case 'w':
		print_number(out, civil_week(c), width);
		return true;
	default:
		return false;
	}
}

static bool print_time(struct buf *out, const struct moment *m, char letter,
		       int width)
{
	const struct civil *c = &m->wall;

	switch (letter) {
	case 'a':
		buf_append_str(out, c->hour < 12 ? "AM" : "PM");
		return true;
	case 'H':
		print_number(out, c->hour, width);
		return true;
	case 'k':
		print_number(out, c->hour ? c->hour : 24, width);
		return true;
	case 'K':
		print_number(out, c->hour % 12, width);
		return true;
	case 'h':
		print_number(out, c->hour % 12 ? c->hour % 12 : 12, width);
		return true;
	case 'm':
		print_number(out, c->minute, width);
		return true;
	case 's':
		print_number(out, c->second, width);
		return true;
	case 'S':
		print_ms(out, c->ms, width);
		return true;
	default:
		return false;
	}
}

static bool print_zone(struct buf *out, const struct moment *m, char letter,
		       int width)
{
	switch (letter) {
	case 'z':
		buf_append_str(out, m->zone);
		return true;
	case 'Z':
		print_offset(out, m->offset, false, true);
		return true;
	case 'X':
		print_iso_offset(out, m->offset, width);
		return true;
	default:
		return false;
	}
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* 'quoted' text, '' is a quote in it and outside; returns its bytes, 0: it has
 * no end. */
static size_t print_quoted(struct buf *out, struct slice s)
{
	size_t i = 1;

	if (s.n > 1 && s.p[1] == '\'') {
		buf_append_char(out, '\'');
		return 2;
	}
	for (; i < s.n; i++) {
		if (s.p[i] == '\'') {
			if (i + 1 == s.n || s.p[i + 1] != '\'')
				return i + 1;
			i++;
		}
		buf_append_char(out, s.p[i]);
	}
	return 0;
}

/* Bytes of the pattern that are printed with it; 0: it is none. */
static size_t print_one(struct buf *out, const struct moment *m, struct slice s)
{
	size_t n = 1;

	if (s.p[0] == '\'')
		return print_quoted(out, s);
	if (!is_letter(s.p[0])) {
		buf_append_char(out, s.p[0]);
		return 1;
	}
	while (n < s.n && s.p[n] == s.p[0])
		n++;
	if (!print_date(out, m, s.p[0], (int)n) &&
	    !print_time(out, m, s.p[0], (int)n) &&
	    !print_zone(out, m, s.p[0], (int)n))
		return 0;
	return n;
}

static struct slice pattern_of(struct slice format)
{
	static const char *const names[][2] = {
	    {"", DATE_ISO},
	    {"iso", DATE_ISO},
	    {"full", "EEEE, MMMM d, yyyy"},
	    {"long", "MMMM d, yyyy"},
	    {"medium", "MMM d, yyyy"},
	    {"short", "M/d/yy"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_eq_str(format, names[i][0]))
			return slice_of(names[i][1]);
	}
	return format;
}

bool date_print(struct buf *out, int64_t ms, struct slice format,
		const struct zone *zone, const char **error)
{
	struct slice pattern = pattern_of(format);
	int64_t seconds = ms / 1000 - (ms % 1000 < 0);
	char name[ZONE_NAME_SIZE];
	struct moment m = {.offset = zone_offset(zone, seconds),
			   .zone = zone_name(zone, seconds, name)};
	size_t n;

	civil_from_ms(&m.wall, ms + m.offset * INT64_C(1000));
	*error = "unknown date format";
	if (pattern.n > FORMAT_BYTES_MAX)
		return false;
	for (; pattern.n > 0;
	     pattern = slice_bytes(pattern.p + n, pattern.n - n)) {
		n = print_one(out, &m, pattern);
		if (n == 0)
			return false;
	}
	*error = NULL;
	return true;
}
