/*
 * zone - time zones by their IANA names, or by how far they are from UTC.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/zone.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define NAME_SIZE 64
#define KEPT_MAX 8
#define DAY 86400

struct zones {
	struct {
		char name[NAME_SIZE];
		GTimeZone *rules; /* owned; NULL: there is no such zone */
	} kept[KEPT_MAX];
	size_t n, oldest;
};

static int two_digits(struct slice s, size_t at)
{
	if (at + 2 > s.n || s.p[at] < '0' || s.p[at] > '9' ||
	    s.p[at + 1] < '0' || s.p[at + 1] > '9')
		return -1;
	return (s.p[at] - '0') * 10 + s.p[at + 1] - '0';
}

bool zone_parse_offset(struct slice s, int *offset)
{
	int hours, minutes = 0;
	size_t at = 3;

	if (s.n < 3 || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	hours = two_digits(s, 1);
	if (s.n > 3) {
		at += s.p[3] == ':';
		minutes = two_digits(s, at);
		at += 2;
	}
	if (at != s.n || hours < 0 || hours > 18 || minutes < 0 || minutes > 59)
		return false;
	*offset = (hours * 60 + minutes) * 60;
	if (s.p[0] == '-')
		*offset = -*offset;
	return true;
}

static bool is_utc(struct slice name)
{
	return name.n == 0 || slice_eq_str(name, "UTC") ||
	       slice_eq_str(name, "Z") || slice_eq_str(name, "GMT") ||
	       slice_eq_str(name, "Etc/UTC");
}

/* Names of zones only: GLib opens the file of that name, or takes it for a rule
 * of its own. Each part begins with a capital. */
static bool is_name(struct slice name)
{
	bool first = true, parts = memchr(name.p, '/', name.n) != NULL;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool small = (c >= 'a' && c <= 'z') || c == '_' || c == '-' ||
			     (parts && ((c >= '0' && c <= '9') || c == '+'));

		if (!(c >= 'A' && c <= 'Z') && (first || (!small && c != '/')))
			return false;
		first = c == '/';
	}
	return !first;
}

struct zones *zones_new(void)
{
	return xcalloc(1, sizeof(struct zones));
}

void zones_free(struct zones **zones)
{
	struct zones *all = *zones;

	*zones = NULL;
	for (size_t i = 0; all && i < all->n; i++) {
		if (all->kept[i].rules)
			g_time_zone_unref(all->kept[i].rules);
	}
	free(all);
}

static size_t keep(struct zones *zones, const char *name)
{
	size_t i = zones->n < KEPT_MAX ? zones->n++ : zones->oldest;

	if (zones->kept[i].rules)
		g_time_zone_unref(zones->kept[i].rules);
	slice_cstr(zones->kept[i].name, NAME_SIZE, slice_of(name));
	zones->kept[i].rules = g_time_zone_new_identifier(name);
	zones->oldest = (i + 1) % KEPT_MAX;
	return i;
}

static GTimeZone *find(struct zones *zones, const char *name)
{
	size_t i = 0;

	if (!zones)
		return g_time_zone_new_identifier(name);
	while (i < zones->n && strcmp(zones->kept[i].name, name) != 0)
		i++;
	if (i == zones->n)
		i = keep(zones, name);
	return zones->kept[i].rules ? g_time_zone_ref(zones->kept[i].rules)
				    : NULL;
}

bool zone_open(struct zone *z, struct zones *zones, struct slice name)
{
	char text[NAME_SIZE];

	*z = (struct zone){0};
	if (is_utc(name) || zone_parse_offset(name, &z->offset))
		return true;
	if (!is_name(name) || !slice_cstr(text, sizeof(text), name))
		return false;
	z->rules = find(zones, text);
	return z->rules != NULL;
}

void zone_close(struct zone *z)
{
	if (z->rules)
		g_time_zone_unref(z->rules);
	z->rules = NULL;
}

int zone_offset(const struct zone *z, int64_t utc_seconds)
{
	int i = z->rules ? g_time_zone_find_interval(
			       z->rules, G_TIME_TYPE_UNIVERSAL, utc_seconds)
			 : -1;

	return i < 0 ? z->offset : g_time_zone_get_offset(z->rules, i);
}

static const char *offset_name(int offset, char out[ZONE_NAME_SIZE])
{
	int minutes = (offset < 0 ? -offset : offset) / 60;

	if (offset == 0)
		return "UTC";
	snprintf(out, ZONE_NAME_SIZE, "GMT%c%02d:%02d", offset < 0 ? '-' : '+',
		 minutes / 60 % 100, minutes % 60);
	return out;
}

const char *zone_name(const struct zone *z, int64_t utc_seconds,
		      char out[ZONE_NAME_SIZE])
{
	int i = z->rules ? g_time_zone_find_interval(
			       z->rules, G_TIME_TYPE_UNIVERSAL, utc_seconds)
			 : -1;

	if (i < 0)
		return offset_name(z->offset, out);
	snprintf(out, ZONE_NAME_SIZE, "%s",
		 g_time_zone_get_abbreviation(z->rules, i));
	return out;
}

int64_t zone_to_utc(const struct zone *z, int64_t wall_seconds)
{
	/* No zone changes twice in two days. */
	int before = zone_offset(z, wall_seconds - DAY);
	int after = zone_offset(z, wall_seconds + DAY);

	if (zone_offset(z, wall_seconds - before) != before &&
	    zone_offset(z, wall_seconds - after) == after)
		return wall_seconds - after;
	return wall_seconds - before;
}
