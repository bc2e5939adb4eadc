/*
 * latency - percentiles of many durations in little memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_LATENCY_H
#define CLI_LATENCY_H

#include <stdint.h>

/* 16 steps for each doubling: a percentile is at most 6 % too high. */
#define LATENCY_BUCKETS 1024

struct latency {
	uint64_t counts[LATENCY_BUCKETS];
	uint64_t n, max_us;
};

void latency_add(struct latency *l, uint64_t us);
/* share: 0.99 gives p99; 0 when there are none. */
uint64_t latency_percentile_us(const struct latency *l, double share);

#endif
