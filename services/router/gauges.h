/*
 * gauges - what the router counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ROUTER_GAUGES_H
#define ROUTER_GAUGES_H

#include <stdint.h>

#include "io/metrics.h"

struct gauges {
	uint64_t *hints, *hints_dropped, *log_reads, *events, *expired, *read;
	uint64_t *delivered, *retried, *dead, *requeued, *spilled;
	uint64_t *put_off, *unauthorized;
	uint64_t *tasks, *malformed, *fenced, *senders_lost;
	int64_t *partitions, *in_memory, *in_flight, *head_bytes, *senders;
	int64_t *held;
	struct histogram *flush, *latency;
};

void gauges_init(struct gauges *g, struct metrics *m);

#endif
