/*
 * keyset - which keys the maps of one message have had.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Holds 64 bits of each key's keyed hash instead of the key. A publisher cannot
 * build a collision without the process's key, and by chance two of a message's
 * keys meet less than once in 10^9 messages that are as full of keys as can be;
 * such a message would be refused, never delivered wrongly.
 */
#ifndef INGEST_KEYSET_H
#define INGEST_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct keyset {
	uint64_t *slots; /* owned; 0 is an empty one */
	size_t size;	 /* a power of two */
	size_t n;
};

void keyset_init(struct keyset *k);
void keyset_fini(struct keyset *k);
/* Empties it, and gives back what a large message has made it take. */
void keyset_reset(struct keyset *k);
/* False when this map, known by its number, has the key already. */
bool keyset_add(struct keyset *k, uint64_t map, struct slice key);

#endif
