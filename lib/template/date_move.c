/*
 * date_move - moments some days, months or minutes away.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/civil.h"
#include "template/date.h"

#define STEPS_BYTES_MAX 256
#define COUNT_DIGITS_MAX 9

static const char unknown[] = "dateMath: unknown steps";
static const char beyond[] = "the date is out of range";

struct mover {
	const struct zone *zone;
	int64_t ms;
};

static int64_t seconds_of(int64_t ms)
{
	return ms / 1000 - (ms % 1000 < 0);
}

static void wall_of(const struct mover *m, struct civil *c)
{
	int offset = zone_offset(m->zone, seconds_of(m->ms));

	civil_from_ms(c, m->ms + offset * INT64_C(1000));
}

static void set_wall(struct mover *m, int64_t wall_ms)
{
	int64_t seconds = seconds_of(wall_ms);

	m->ms =
	    zone_to_utc(m->zone, seconds) * 1000 + (wall_ms - seconds * 1000);
}

/* The last day of a month stands for those the month has not. */
static bool move_months(struct mover *m, int64_t count)
{
	struct civil c;
	int64_t months;
	int days;

	wall_of(m, &c);
	months = (int64_t)(c.year + CIVIL_YEAR_MAX) * 12 + c.month - 1 + count;
	if (months < 0 || months / 12 > 2 * CIVIL_YEAR_MAX)
		return false;
	c.year = (int)(months / 12) - CIVIL_YEAR_MAX;
	c.month = (int)(months % 12) + 1;
	days = civil_month_days(c.year, c.month);
	c.day = c.day > days ? days : c.day;
	set_wall(m, civil_to_ms(&c));
	return true;
}

static bool move_days(struct mover *m, int64_t count)
{
	struct civil c;
	int64_t wall_ms;

	wall_of(m, &c);
	wall_ms = civil_to_ms(&c) + count * INT64_C(86400000);
	if (!civil_in_range(wall_ms))
		return false;
	set_wall(m, wall_ms);
	return true;
}

static bool move(struct mover *m, char unit, int64_t count)
{
	switch (unit) {
	case 'y':
		return move_months(m, count * 12);
	case 'M':
		return move_months(m, count);
	case 'w':
		return move_days(m, count * 7);
	case 'd':
		return move_days(m, count);
	case 'h':
	case 'H':
		m->ms += count * 3600000;
		return true;
	case 'm':
		m->ms += count * 60000;
		return true;
	default: /* 's' */
		m->ms += count * 1000;
		return true;
	}
}

/* To the beginning of the unit. */
static void round_down(struct mover *m, char unit)
{
	struct civil c;
	bool date = strchr("yMwd", unit) != NULL;
	bool hour = unit == 'h' || unit == 'H';
	int monday = 0;

	wall_of(m, &c);
	c.ms = 0;
	if (unit != 's')
		c.second = 0;
	if (date || hour)
		c.minute = 0;
	if (date)
		c.hour = 0;
	if (unit == 'w')
		monday = civil_weekday(&c) - 1;
	if (unit == 'M' || unit == 'y')
		c.day = 1;
	if (unit == 'y')
		c.month = 1;
	set_wall(m, civil_to_ms(&c) - monday * INT64_C(86400000));
}

/* "+12" off the front of s; without a sign it is a plus. */
static bool take_count(struct slice *s, int64_t *count)
{
	bool minus = s->p[0] == '-';
	size_t at = minus || s->p[0] == '+', from = at;

	*count = 0;
	for (; at < s->n && s->p[at] >= '0' && s->p[at] <= '9'; at++)
		if (at - from < COUNT_DIGITS_MAX)
			*count = *count * 10 + (s->p[at] - '0');
	if (at == from || at - from > COUNT_DIGITS_MAX)
		return false;
	if (minus)
		*count = -*count;
	*s = slice_bytes(s->p + at, s->n - at);
	return true;
}

static bool step(struct mover *m, struct slice *s, const char **error)
{
	bool rounds = s->p[0] == '/';
	int64_t count = 0;
	char unit;

	*error = unknown;
	if (rounds)
		*s = slice_bytes(s->p + 1, s->n - 1);
	else if (!take_count(s, &count))
		return false;
	if (s->n == 0 || !memchr("yMwdhHms", s->p[0], 8))
		return false;
	unit = s->p[0];
	*s = slice_bytes(s->p + 1, s->n - 1);
	*error = beyond;
	if (rounds)
		round_down(m, unit);
	else if (!move(m, unit, count))
		return false;
	return civil_in_range(m->ms);
}

bool date_move(int64_t *ms, struct slice steps, const struct zone *zone,
	       const char **error)
{
	struct mover m = {.zone = zone, .ms = *ms};

	*error = unknown;
	if (steps.n > STEPS_BYTES_MAX)
		return false;
	while (steps.n > 0) {
		if (steps.p[0] == ' ')
			steps = slice_bytes(steps.p + 1, steps.n - 1);
		else if (!step(&m, &steps, error))
			return false;
	}
	*error = NULL;
	*ms = m.ms;
	return true;
}
