/*
 * failing - whether a webhook does nothing but fail, and since when; and the
 * same of one that has no access token.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: time is an argument. Looked at when results are counted, at most ten
 * times a second, so a webhook costs Redis a write when it begins to fail and
 * one when that ends. Redis keeps since when: a router that takes the partition
 * over asks with its first failure.
 */
#ifndef ROUTER_FAILING_H
#define ROUTER_FAILING_H

#include <stdbool.h>
#include <stdint.h>

enum failing_state {
	FAILING_UNKNOWN, /* Redis may know of an earlier failure */
	FAILING_NOT,
	FAILING_ASKED, /* noted in Redis, which will say since when */
	FAILING_YES,
};

struct failing {
	enum failing_state state;
	uint64_t since_ms; /* wall clock */
};

enum failing_step {
	FAILING_NOTHING,
	FAILING_NOTE, /* since now, unless Redis knows better */
	FAILING_CLEAR,
	FAILING_OVER, /* for too long */
};

/* What has come since it was last looked at, some of either. */
enum failing_step failing_look(struct failing *f, uint32_t delivered,
			       uint32_t failed, uint64_t wall_ms,
			       uint64_t after_ms);
/* Redis says since when. */
void failing_since(struct failing *f, uint64_t since_ms);

#endif
