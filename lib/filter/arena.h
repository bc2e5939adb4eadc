/*
 * arena - memory that is given back all at once.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FILTER_ARENA_H
#define FILTER_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* Zeroed is a good start. */
struct arena {
	struct arena_chunk *chunks; /* owned, newest first */
	size_t taken; /* bytes that were given out and not given back */
};

/* Aligned for every type of ours; not zeroed. Never NULL. */
void *arena_alloc(struct arena *a, size_t n);
/* Gives all back, and keeps the newest chunk, unless it is huge. */
void arena_reset(struct arena *a);
void arena_fini(struct arena *a);

#endif
