/*
 * classify - the table of outcomes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify.h"

#include <stdio.h>

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

/* No time heals what the message itself has in it. */
static bool is_final(enum fault fault)
{
	return fault == FAULT_URL_RENDERED || fault == FAULT_TEMPLATE_RENDERED;
}

void classify(enum fault fault, unsigned status, enum directive directive,
	      struct slice retry_after, uint64_t wall_now_ms, struct verdict *v)
{
	*v = (struct verdict){0};
	if (fault != FAULT_NONE) {
		decide(v, is_final(fault) ? OUTCOME_dead : OUTCOME_retry,
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
