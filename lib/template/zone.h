/*
 * zone - time zones by their IANA names, or by how far they are from UTC.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Seconds are since 1970, in UTC or as a clock on the wall counts them. The
 * only file that asks GLib about time zones.
 */
#ifndef TEMPLATE_ZONE_H
#define TEMPLATE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define ZONE_NAME_SIZE 32

struct _GTimeZone;
struct zones;

struct zone {
	struct _GTimeZone *rules; /* owned; NULL: always the same offset */
	int offset;
};

/* The last few zones that were asked for: reading one takes longer than most
 * renderings. Freed with NULL set. */
struct zones *zones_new(void);
void zones_free(struct zones **zones);

/* "Europe/Berlin", "UTC", "Z", "+02:00"; empty is UTC. zones may be NULL.
 * False: unknown, there is nothing to close. */
bool zone_open(struct zone *z, struct zones *zones, struct slice name);
void zone_close(struct zone *z);
/* Seconds east of UTC. */
int zone_offset(const struct zone *z, int64_t utc_seconds);
/* As "CEST"; returns out. */
const char *zone_name(const struct zone *z, int64_t utc_seconds,
		      char out[ZONE_NAME_SIZE]);
/* A time that is there twice is the first of both; one that is left out comes
 * as much later as is left out. */
int64_t zone_to_utc(const struct zone *z, int64_t wall_seconds);
/* "+02:00", "+0200", "+02" with either sign. */
bool zone_parse_offset(struct slice s, int *offset);

#endif
