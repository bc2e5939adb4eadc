/*
 * arena - memory that is given back all at once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "filter/arena.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

/* The first is small: most filters are. Each next one is twice as large. */
#define FIRST_CHUNK_BYTES ((size_t)512)
#define CHUNK_BYTES ((size_t)16 * 1024)
#define ALIGNMENT _Alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

static struct arena_chunk *chunk_add(struct arena *a, size_t n)
{
	size_t size = a->chunks ? 2 * a->chunks->size : FIRST_CHUNK_BYTES;
	struct arena_chunk *chunk;

	if (size > CHUNK_BYTES)
		size = CHUNK_BYTES;
	if (size < n)
		size = n;
	chunk = xmalloc(sizeof(*chunk) + size);
	chunk->next = a->chunks;
	chunk->used = 0;
	chunk->size = size;
	a->chunks = chunk;
	return chunk;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_chunk *chunk = a->chunks;
	void *p;

	must(n <= SIZE_MAX / 2);
	n = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!chunk || chunk->size - chunk->used < n)
		chunk = chunk_add(a, n);
	p = chunk->bytes + chunk->used;
	chunk->used += n;
	a->taken += n;
	return p;
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *next, *kept = NULL;

	for (struct arena_chunk *c = a->chunks; c; c = next) {
		next = c->next;
		if (!kept && c->size <= CHUNK_BYTES)
			kept = c;
		else
			free(c);
	}
	if (kept) {
		kept->next = NULL;
		kept->used = 0;
	}
	a->chunks = kept;
	a->taken = 0;
}

void arena_fini(struct arena *a)
{
	arena_reset(a);
	free(a->chunks);
	a->chunks = NULL;
}
