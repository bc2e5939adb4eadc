/*
 * retry_after - seconds or a date.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/retry_after.h"

#include "base/clock.h"

static bool only_digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

uint64_t retry_after_parse(struct slice value, uint64_t wall_now_ms)
{
	uint64_t n = 0;

	if (slice_parse_u64(value, &n)) {
		if (n > RETRY_AFTER_MS_MAX / 1000)
			return RETRY_AFTER_MS_MAX;
		return n * 1000;
	}
	/* More digits than fit are still a number: as late as we go. */
	if (only_digits(value))
		return RETRY_AFTER_MS_MAX;
	if (http_date_parse(value, &n) != ERR_OK || n <= wall_now_ms)
		return 0;
	n -= wall_now_ms;
	return n > RETRY_AFTER_MS_MAX ? RETRY_AFTER_MS_MAX : n;
}
