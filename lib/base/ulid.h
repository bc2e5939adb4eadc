/*
 * ulid - 128-bit ids that sort by time (https://github.com/ulid/spec).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_ULID_H
#define BASE_ULID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

#define ULID_TEXT 26	/* characters, without a prefix */
#define ID_TEXT_SIZE 40 /* any prefix, '_', 26 characters, NUL */

struct ulid {
	uint8_t b[16];
};

/* Unique and, within one process, strictly increasing: when the clock stands
 * still or steps back, the newest id is counted up. */
struct ulid ulid_new(uint64_t wall_ms);
/* The same for the same pair, with the time of a: (event, webhook) -> delivery.
 */
struct ulid ulid_derive(const struct ulid *a, const struct ulid *b);
uint64_t ulid_wall_ms(const struct ulid *u);
bool ulid_eq(const struct ulid *a, const struct ulid *b);
/* "evt" gives "evt_01J…". Returns out. */
char *ulid_format(char out[ID_TEXT_SIZE], const char *prefix,
		  const struct ulid *u);
/* Refuses another prefix, another length, lower case, and overflow. */
MUST_CHECK enum err ulid_parse(struct slice s, const char *prefix,
			       struct ulid *u);
static inline struct slice ulid_slice(const struct ulid *u)
{
	return (struct slice){(const char *)u->b, sizeof(u->b)};
}
/* From 16 raw bytes of a record; any other length is malformed. */
MUST_CHECK enum err ulid_from_slice(struct slice s, struct ulid *u);

#endif
