/*
 * date_parse - moments from ISO 8601 and from numbers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>

#include "template/chars.h"
#include "base/civil.h"
#include "template/date.h"

/* Less is seconds: as milliseconds it would be in 1973 at the latest. */
#define SECONDS_END 1e11

static bool from_epoch(double number, int64_t *ms)
{
	double all = fabs(number) < SECONDS_END ? number * 1000 : number;

	if (!(fabs(all) < 1e15))
		return false;
	*ms = (int64_t)floor(all + 0.0005);
	return civil_in_range(*ms);
}

/* n digits off the front of s. */
static bool take_number(struct slice *s, size_t n, int *number)
{
	*number = 0;
	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		*number = *number * 10 + (s->p[i] - '0');
	}
	*s = slice_bytes(s->p + n, s->n - n);
	return true;
}

static bool take_char(struct slice *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = slice_bytes(s->p + 1, s->n - 1);
	return true;
}

/* 2026, 2026-11, 2026-11-26 or 20261126. */
static bool take_date(struct slice *s, struct civil *c)
{
	c->month = c->day = 1;
	if (!take_number(s, 4, &c->year))
		return false;
	if (s->n == 0)
		return true;
	if (!take_char(s, '-'))
		return take_number(s, 2, &c->month) &&
		       take_number(s, 2, &c->day);
	if (!take_number(s, 2, &c->month))
		return false;
	return !take_char(s, '-') || take_number(s, 2, &c->day);
}

/* Milliseconds are kept, what is finer is cut off. */
static bool take_fraction(struct slice *s, int *ms)
{
	int scale = 100;

	if (!take_char(s, '.') && !take_char(s, ','))
		return true;
	if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
		return false;
	for (; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9'; scale /= 10) {
		*ms += (s->p[0] - '0') * scale;
		*s = slice_bytes(s->p + 1, s->n - 1);
	}
	return true;
}

static bool take_time(struct slice *s, struct civil *c)
{
	if (!take_number(s, 2, &c->hour))
		return false;
	take_char(s, ':');
	if (!take_number(s, 2, &c->minute))
		return false;
	if (take_char(s, ':') ||
	    (s->n >= 2 && s->p[0] >= '0' && s->p[0] <= '9')) {
		if (!take_number(s, 2, &c->second) || !take_fraction(s, &c->ms))
			return false;
	}
	/* A leap second is none of the calendar's. */
	if (c->second == 60)
		c->second = 59;
	return true;
}

static bool parse_text(struct slice s, int64_t *ms)
{
	struct civil c = {0};
	int offset = 0;

	if (!take_date(&s, &c))
		return false;
	if (take_char(&s, 'T') || take_char(&s, 't') || take_char(&s, ' ')) {
		if (!take_time(&s, &c))
			return false;
		s = chars_trim(s);
		if (s.n > 0 && !slice_eq_str(s, "Z") && !slice_eq_str(s, "z") &&
		    !slice_eq_str(s, "UTC") && !zone_parse_offset(s, &offset))
			return false;
	} else if (s.n > 0) {
		return false;
	}
	if (!civil_is_valid(&c))
		return false;
	*ms = civil_to_ms(&c) - offset * INT64_C(1000);
	return civil_in_range(*ms);
}

bool date_parse(const struct value *v, int64_t now_ms, int64_t *ms)
{
	struct slice text = chars_trim(v->text);
	uint64_t number;

	if (v->kind == VALUE_WHOLE)
		return from_epoch((double)v->whole, ms);
	if (v->kind == VALUE_REAL)
		return from_epoch(v->real, ms);
	if (v->kind != VALUE_STRING)
		return false;
	*ms = now_ms;
	if (slice_eq_str(text, "now"))
		return true;
	/* Fewer digits are a year, or a year and a day. */
	if (text.n > 8 && slice_parse_u64(text, &number))
		return from_epoch((double)number, ms);
	return parse_text(text, ms);
}
