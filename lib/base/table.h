/*
 * table - a hash table from bytes to pointers, with a stated maximum.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Copies the keys, borrows the values. Open addressing; iteration order is
 * arbitrary; it is safe to delete the entry an iteration stands on, nothing
 * else.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

struct table;

struct table *table_new(size_t entries_max);
/* Frees the table, not the values. */
void table_free(struct table **t);
/* Replaces what the key had; ERR_FULL at the maximum. */
MUST_CHECK enum err table_put(struct table *t, struct slice key, void *value);
void *table_find(const struct table *t, struct slice key);
/* Removes and returns the value, NULL when there was none. */
void *table_delete(struct table *t, struct slice key);
size_t table_count(const struct table *t);
/* *pos starts at 0; false at the end. key may be NULL. */
bool table_next(const struct table *t, size_t *pos, struct slice *key,
		void **value);

#endif
