/*
 * classify - what an answer, or the lack of one, means for the delivery.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: no sockets, no clock, no curl. The transport speaks first: a status
 * means something only when its answer has arrived.
 */
#ifndef SENDER_CLASSIFY_H
#define SENDER_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "curl/fault.h"
#include "net/retry_after.h"
#include "proto/message.h"

/* What the receiver asked for with the header webhook-delivery. */
enum directive {
	DIRECTIVE_NONE,
	DIRECTIVE_ABORT,   /* "abort-message": this delivery is dead */
	DIRECTIVE_DISABLE, /* "disable": and the webhook is disabled */
};

#define VERDICT_ERROR_SIZE 32

struct verdict {
	enum outcome outcome;
	uint64_t retry_after_ms; /* 0: none asked for */
	bool unauthorized; /* 401: what the request showed was not enough */
	char error[VERDICT_ERROR_SIZE]; /* a short code; "" when delivered */
};

/* retry_after: the header's value, empty when there was none. status is 0 when
 * no status line arrived. */
void classify(enum fault fault, unsigned status, enum directive directive,
	      struct slice retry_after, uint64_t wall_now_ms,
	      struct verdict *verdict);

#endif
