/*
 * clock - the two clocks, and RFC 3339.
 * SPDX-License-Identifier: Apache-2.0
 *
 * now_* is monotonic and for timers and durations; wall_* is the time of day,
 * for records and for what crosses hosts. They never meet in one expression.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

#define RFC3339_SIZE 25 /* "2026-11-23T08:16:45.000Z" and a NUL */

uint64_t now_us(void);
uint64_t now_ms(void);
uint64_t wall_ms(void);
uint64_t wall_us(void);

/* Milliseconds since 1970 as UTC with milliseconds. Returns out. */
char *rfc3339_format(char out[RFC3339_SIZE], uint64_t wall_ms);
/* RFC 3339 section 5.6, any offset, fraction optional; before 1970 is refused.
 */
MUST_CHECK enum err rfc3339_parse(struct slice s, uint64_t *wall_ms);
/* An HTTP date in any of the three forms of RFC 9110 section 5.6.7. */
MUST_CHECK enum err http_date_parse(struct slice s, uint64_t *wall_ms);

#endif
