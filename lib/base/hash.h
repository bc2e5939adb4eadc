/*
 * hash - a keyed hash for tables, and a fixed one that must never change.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/slice.h"

/* SipHash-2-4 under a key drawn at start, so that no peer can build collisions.
 */
uint64_t hash_bytes(struct slice s);
/* The same under a key of the caller's. */
uint64_t hash_keyed(const uint64_t key[2], struct slice s);
/* FNV-1a, 64 bits with a final mix: the same in every process and release, for
 * placing projects on partitions and partitions on routers. */
uint64_t hash_stable(struct slice s);

#endif
