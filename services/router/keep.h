/*
 * keep - how long what has ended is kept: attempts, settled events, the dead.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Says once a second what may go; settle.lua removes some of it at a time.
 */
#ifndef ROUTER_KEEP_H
#define ROUTER_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct router;
struct partition;

/* Where the walk over the webhooks' dead is. */
struct keep {
	size_t position;
	uint64_t next_ms; /* monotonic: no walk before */
};

/* Wall clock before which it is too old; 0: nothing is. */
uint64_t keep_before(int64_t keep_s, uint64_t wall_ms);
/* How many entries of this size, at least a few, are so many bytes. 0: not
 * known. */
uint64_t keep_entries(int64_t keep_bytes, uint64_t entry_bytes);
/* The next average of an entry's size; 0 is the first. */
uint64_t keep_average(uint64_t average, size_t bytes);

/* second: once a second it is. */
void keep_tick(struct router *r, bool second);

#endif
