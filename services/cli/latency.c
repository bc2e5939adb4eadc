/*
 * latency - percentiles of many durations in little memory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bucket 16 * octave + the four bits behind the highest one.
 */
#include "latency.h"

#include <stddef.h>

static size_t bucket_of(uint64_t us)
{
	unsigned octave;

	if (us < 16)
		return (size_t)us;
	octave = 63u - (unsigned)__builtin_clzll(us);
	return (octave - 3) * 16 + ((us >> (octave - 4)) & 15);
}

/* The largest duration of a bucket. */
static uint64_t upper_us(size_t bucket)
{
	unsigned octave = (unsigned)(bucket / 16) + 3;

	if (bucket < 16)
		return bucket;
	return ((16 + (uint64_t)(bucket % 16) + 1) << (octave - 4)) - 1;
}

void latency_add(struct latency *l, uint64_t us)
{
	l->counts[bucket_of(us)]++;
	l->n++;
	if (us > l->max_us)
		l->max_us = us;
}

uint64_t latency_percentile_us(const struct latency *l, double share)
{
	double want = share * (double)l->n;
	uint64_t seen = 0;

	for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
		seen += l->counts[i];
		if (l->counts[i] && (double)seen >= want)
			return upper_us(i) < l->max_us ? upper_us(i)
						       : l->max_us;
	}
	return 0;
}
