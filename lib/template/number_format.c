/*
 * number_format - numbers by Java's patterns and the names of common ones.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/number_format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "filter/value_print.h"
#include "base/text.h"
#include "template/values.h"

#define DIGITS_SIZE (NUMBER_DIGITS_MAX + 2)

/* 0.d1d2d3... times ten to the point; no digits: 0. */
struct decimal {
	char digits[DIGITS_SIZE];
	int n, point;
	bool negative;
};

static void decimal_of_whole(struct decimal *d, int64_t whole)
{
	uint64_t magnitude = whole < 0 ? 0 - (uint64_t)whole : (uint64_t)whole;

	d->n = snprintf(d->digits, sizeof(d->digits), "%" PRIu64, magnitude);
	d->point = d->n;
	d->negative = whole < 0;
}

static void decimal_of(struct decimal *d, const struct value *number)
{
	if (number->kind == VALUE_WHOLE) {
		decimal_of_whole(d, number->whole);
	} else {
		d->n = number_digits(fabs(number->real), d->digits, &d->point);
		d->negative = number->real < 0;
	}
	while (d->n > 0 && d->digits[d->n - 1] == '0')
		d->n--;
}

/* What is cut off begins at the digit at. */
static bool rounds_up(const struct decimal *d, int at, enum number_rounding how)
{
	char cut = (char)(at < 0 ? '0' : d->digits[at]);
	bool more = at < 0 || at + 1 < d->n;
	bool odd = at > 0 && (d->digits[at - 1] - '0') % 2;

	switch (how) {
	case ROUND_UP:
		return true;
	case ROUND_CEILING:
		return !d->negative;
	case ROUND_FLOOR:
		return d->negative;
	case ROUND_DOWN:
		return false;
	case ROUND_HALF_UP:
		return cut >= '5';
	case ROUND_HALF_DOWN:
		return cut > '5' || (cut == '5' && more);
	case ROUND_HALF_EVEN:
		break;
	}
	return cut > '5' || (cut == '5' && (more || odd));
}

/* Adds one to the last digit of d->n. */
static void increment(struct decimal *d)
{
	while (d->n > 0 && d->digits[d->n - 1] == '9')
		d->n--;
	if (d->n > 0) {
		d->digits[d->n - 1]++;
		return;
	}
	d->digits[0] = '1';
	d->n = 1;
	d->point++;
}

static void decimal_round(struct decimal *d, int places,
			  enum number_rounding how)
{
	int at = d->point + places;
	bool up;

	if (at >= d->n)
		return;
	up = rounds_up(d, at, how);
	if (at < 0) {
		/* Nothing near the last place is left, or one of it. */
		d->point = -places;
		at = 0;
	}
	d->n = at;
	if (up)
		increment(d);
	while (d->n > 0 && d->digits[d->n - 1] == '0')
		d->n--;
}

/* The digit of ten to the power. */
static char digit_at(const struct decimal *d, int power)
{
	int i = d->point - 1 - power;

	return (char)(i >= 0 && i < d->n ? d->digits[i] : '0');
}

static void print_digits(struct buf *out, const struct number_format *f,
			 const struct decimal *d)
{
	int whole =
	    d->n > 0 && d->point > f->whole_min ? d->point : f->whole_min;
	int places = d->n > d->point && d->n > 0 ? d->n - d->point : 0;

	if (places < f->places_min)
		places = f->places_min;
	if (whole == 0 && places == 0)
		whole = 1;
	for (int power = whole - 1; power >= 0; power--) {
		buf_append_char(out, digit_at(d, power));
		if (f->group > 0 && power > 0 && power % f->group == 0)
			buf_append_char(out, ',');
	}
	if (places > 0)
		buf_append_char(out, '.');
	for (int power = -1; power >= -places; power--)
		buf_append_char(out, digit_at(d, power));
}

/* 'quoted' text is as it is, '' is a quote. */
static void print_affix(struct buf *out, struct slice affix)
{
	for (size_t i = 0; i < affix.n; i++) {
		if (affix.p[i] != '\'')
			buf_append_char(out, affix.p[i]);
		else if (i + 1 < affix.n && affix.p[i + 1] == '\'')
			buf_append_char(out, affix.p[i++]);
	}
}

void number_format_print(struct buf *out, const struct number_format *f,
			 const struct value *number)
{
	struct decimal d;

	decimal_of(&d, number);
	if (d.n > 0)
		d.point += f->shift;
	decimal_round(&d, f->places_max, f->rounding);
	if (d.negative && d.n > 0)
		buf_append_char(out, '-');
	print_affix(out, f->prefix);
	print_digits(out, f, &d);
	print_affix(out, f->suffix);
}

bool number_rounding_parse(enum number_rounding *r, struct slice name)
{
	static const char *const names[] = {
	    [ROUND_HALF_EVEN] = "half_even", [ROUND_HALF_UP] = "half_up",
	    [ROUND_HALF_DOWN] = "half_down", [ROUND_UP] = "up",
	    [ROUND_DOWN] = "down",	     [ROUND_CEILING] = "ceiling",
	    [ROUND_FLOOR] = "floor",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_eq_nocase(name, slice_of(names[i]))) {
			*r = (enum number_rounding)i;
			return true;
		}
	}
	return false;
}

/* Bytes of text, up to a digit's place; sees a percent sign. */
static size_t affix_bytes(struct slice s, int *shift)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < s.n; i++) {
		if (s.p[i] == '\'')
			quoted = !quoted;
		else if (!quoted && strchr("#0,.;", s.p[i]))
			break;
		else if (!quoted && s.p[i] == '%')
			*shift = 2;
	}
	return i;
}

/* The places before the point: #,##0 */
static size_t parse_whole(struct number_format *f, struct slice s)
{
	size_t i = 0;
	int group = -1;

	for (; i < s.n && strchr("#0,", s.p[i]) && s.p[i]; i++) {
		if (s.p[i] == ',') {
			group = 0;
			continue;
		}
		if (f->whole_min > 0 && s.p[i] == '#')
			return 0;
		f->whole_min += s.p[i] == '0';
		group += group >= 0;
	}
	f->group = group > 0 ? group : 0;
	return group == 0 ? 0 : i;
}

/* Those behind it: .00## */
static size_t parse_places(struct number_format *f, struct slice s)
{
	size_t i = 0;

	if (s.n == 0 || s.p[0] != '.')
		return 0;
	for (i = 1; i < s.n && (s.p[i] == '0' || s.p[i] == '#'); i++) {
		if (s.p[i] == '0' && f->places_max > f->places_min)
			return 0;
		f->places_min += s.p[i] == '0';
		f->places_max++;
	}
	return i;
}

static struct slice take(struct slice *s, size_t n)
{
	struct slice head = slice_bytes(s->p, n);

	*s = slice_bytes(s->p + n, s->n - n);
	return head;
}

static bool parse_pattern(struct number_format *f, struct slice s)
{
	size_t whole, places;

	*f = (struct number_format){0};
	if (s.n > NUMBER_PLACES_MAX)
		return false;
	f->prefix = take(&s, affix_bytes(s, &f->shift));
	whole = parse_whole(f, s);
	take(&s, whole);
	places = parse_places(f, s);
	take(&s, places);
	if (whole + places == 0 || (whole == 0 && places == 1))
		return false;
	f->suffix = take(&s, affix_bytes(s, &f->shift));
	/* How a negative one looks is not asked for. */
	return s.n == 0 || s.p[0] == ';';
}

bool number_format_parse(struct number_format *f, struct slice pattern)
{
	static const struct {
		const char *name, *pattern;
	} names[] = {{"", "#,##0.###"},
		     {"default", "#,##0.###"},
		     {"integer", "#,##0"},
		     {"percent", "#,##0%"},
		     {"currency", "$#,##0.00"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_eq_nocase(pattern, slice_of(names[i].name)))
			return parse_pattern(f, slice_of(names[i].pattern));
	}
	return parse_pattern(f, pattern);
}
