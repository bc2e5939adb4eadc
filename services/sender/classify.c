/*
 * classify - the table of outcomes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify.h"

#include <stdio.h>

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

static void decide(struct verdict *v, enum outcome outcome, const char *error)
{
	v->outcome = outcome;
	(void)snprintf(v->error, sizeof(v->error), "%s", error);
}

static void classify_status(unsigned status, struct verdict *v)
{
	if (status >= 200 && status <= 299) {
		decide(v, OUTCOME_delivered, "");
		return;
	}
	v->unauthorized = status == 401;
	v->outcome = status == 410 ? OUTCOME_gone : OUTCOME_retry;
	(void)snprintf(v->error, sizeof(v->error), "http_%u", status);
}

void classify(enum fault fault, unsigned status, enum directive directive,
	      struct slice retry_after, uint64_t wall_now_ms, struct verdict *v)
{
	*v = (struct verdict){0};
	if (fault != FAULT_NONE) {
		/* No time heals what the message itself has in it. */
		decide(v,
		       fault == FAULT_URL_RENDERED ? OUTCOME_dead
						   : OUTCOME_retry,
		       fault_text(fault));
		return;
	}
	if (directive == DIRECTIVE_DISABLE) {
		decide(v, OUTCOME_gone, "disabled_by_receiver");
		return;
	}
	if (directive == DIRECTIVE_ABORT) {
		decide(v, OUTCOME_dead, "aborted_by_receiver");
		return;
	}
	classify_status(status, v);
	if (status == 429 || status == 503)
		v->retry_after_ms = retry_after_parse(retry_after, wall_now_ms);
}
