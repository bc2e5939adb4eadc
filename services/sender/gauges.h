/*
 * gauges - what the sender counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SENDER_GAUGES_H
#define SENDER_GAUGES_H

#include "io/metrics.h"
#include "proto/message.h"

#define GAUGES_OUTCOMES 7

struct gauges {
	uint64_t *tasks, *malformed, *results_dropped;
	uint64_t *outcomes[GAUGES_OUTCOMES]; /* by enum outcome */
	int64_t *running, *queued, *connections, *routers;
	uint64_t *token_hits, *token_asks, *token_rejects;
	int64_t *tokens, *wanting;
	struct histogram *duration, *wait, *token_wait;
};

void gauges_init(struct gauges *g, struct metrics *m);
void gauges_result(struct gauges *g, const struct msg_result *r);

#endif
