/*
 * date - moments: read from values, moved, and printed by patterns.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A moment is in milliseconds since 1970 in UTC; years reach from -9999 to
 * 9999.
 */
#ifndef TEMPLATE_DATE_H
#define TEMPLATE_DATE_H

#include "base/buf.h"
#include "filter/value.h"
#include "template/zone.h"

#define DATE_ISO "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"

/* ISO 8601 (what has no zone is in UTC), "now", or seconds or milliseconds
 * since 1970. False: it is none. */
bool date_parse(const struct value *v, int64_t now_ms, int64_t *ms);
/* As "+1M-2d/d" says; days and longer units are those of the zone. False with
 * *error set (static), as are those below. */
bool date_move(int64_t *ms, struct slice steps, const struct zone *zone,
	       const char **error);
/* "full", "long", "medium", "short", "iso" or a pattern of Java's
 * SimpleDateFormat; in English. */
bool date_print(struct buf *out, int64_t ms, struct slice format,
		const struct zone *zone, const char **error);

#endif
