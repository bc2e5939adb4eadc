/*
 * report - what came of a request, as JSON, for whoever tests a credential.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TOKENS_REPORT_H
#define TOKENS_REPORT_H

#include <stdint.h>

#include "base/buf.h"
#include "grant_answer.h"

#define REPORT_BYTES_MAX 4096

struct report {
	const struct grant_answer *answer; /* has been scrubbed */
	unsigned status;		   /* 0: none */
	uint64_t total_us;
	uint64_t expires_ms; /* wall clock: the token's end */
};

/* The token itself is never in it. */
void report_write(struct buf *out, const struct report *report);

#endif
