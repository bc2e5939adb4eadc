/*
 * failing - whether a webhook does nothing but fail, and since when.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "failing.h"

enum failing_step failing_look(struct failing *f, uint32_t delivered,
			       uint32_t failed, uint64_t wall,
			       uint64_t after_ms)
{
	if (delivered > 0) {
		bool clear = f->state != FAILING_NOT;

		f->state = FAILING_NOT;
		return clear ? FAILING_CLEAR : FAILING_NOTHING;
	}
	if (failed == 0)
		return FAILING_NOTHING;
	if (f->state == FAILING_YES)
		return wall >= f->since_ms && wall - f->since_ms >= after_ms
			   ? FAILING_OVER
			   : FAILING_NOTHING;
	/* Also when it has been asked: that answer was lost. */
	f->state = FAILING_ASKED;
	return FAILING_NOTE;
}

void failing_since(struct failing *f, uint64_t since_ms)
{
	/* A success may have come in between: then it is over already. */
	if (f->state != FAILING_ASKED)
		return;
	f->state = FAILING_YES;
	f->since_ms = since_ms;
}
