/*
 * keyset - which keys the maps of one message have had.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keyset.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

#define SIZE_MIN 128
#define SIZE_KEPT 4096

void keyset_init(struct keyset *k)
{
	k->slots = xcalloc(SIZE_MIN, sizeof(k->slots[0]));
	k->size = SIZE_MIN;
	k->n = 0;
}

void keyset_fini(struct keyset *k)
{
	free(k->slots);
	*k = (struct keyset){0};
}

void keyset_reset(struct keyset *k)
{
	if (k->size > SIZE_KEPT) {
		keyset_fini(k);
		keyset_init(k);
	} else if (k->n > 0) {
		memset(k->slots, 0, k->size * sizeof(k->slots[0]));
		k->n = 0;
	}
}

static bool place(uint64_t *slots, size_t size, uint64_t hash)
{
	size_t i = hash & (size - 1);

	while (slots[i] != 0) {
		if (slots[i] == hash)
			return false;
		i = (i + 1) & (size - 1);
	}
	slots[i] = hash;
	return true;
}

static void grow(struct keyset *k)
{
	size_t size = k->size * 2;
	uint64_t *slots = xcalloc(size, sizeof(slots[0]));

	for (size_t i = 0; i < k->size; i++) {
		if (k->slots[i] != 0)
			(void)place(slots, size, k->slots[i]);
	}
	free(k->slots);
	k->slots = slots;
	k->size = size;
}

bool keyset_add(struct keyset *k, uint64_t map, struct slice key)
{
	/* An odd factor spreads small map numbers over all bits. */
	uint64_t hash = hash_bytes(key) + map * UINT64_C(0x9e3779b97f4a7c15);

	if (hash == 0)
		hash = 1;
	if (k->n * 2 >= k->size)
		grow(k);
	if (!place(k->slots, k->size, hash))
		return false;
	k->n++;
	return true;
}
