/*
 * cluster_key - which slot of a Redis Cluster a command belongs to.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: bytes in, numbers out.
 */
#ifndef IO_CLUSTER_KEY_H
#define IO_CLUSTER_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define CLUSTER_SLOTS 16384

/* By the bytes between the first '{' and the next '}', if there are any, else
 * by the whole key. */
uint16_t cluster_slot_of(struct slice key);

/* The first key of a command as it goes over the wire: that of a script, or the
 * first argument. False for what has none: PING, TIME and their like. */
bool cluster_key_of(struct slice command, struct slice *key);

/* A name in the key's slot that no key ever has: the key up to its '}', and
 * '!'. False for a key without a tag, or when out is too small. */
bool cluster_guard_of(struct slice key, char *out, size_t size,
		      struct slice *guard);

#endif
