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

/* answer has been scrubbed. Its token is never in it. */
void report_write(struct buf *out, const struct grant_answer *answer,
		  unsigned status, uint64_t total_us);

#endif
