/*
 * gauges - what the tokens program counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TOKENS_GAUGES_H
#define TOKENS_GAUGES_H

#include <stdint.h>

#include "io/metrics.h"

struct gauges {
	uint64_t *asks, *hits, *malformed, *dropped, *limited;
	uint64_t *fetched, *failed, *lost;
	int64_t *held, *waiting, *running;
	struct histogram *fetch, *wait;
};

void gauges_init(struct gauges *g, struct metrics *m);

#endif
