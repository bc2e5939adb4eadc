/*
 * table - a hash table from bytes to pointers, with a stated maximum.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Linear probing over a power of two. A deleted entry leaves a grave, so that
 * deleting never moves another entry under an iteration; graves go at the next
 * rebuild, which only a put may cause.
 */
#include "base/table.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

#define SIZE_MIN 16
#define KEEP_EMPTY_MAX 1024 /* a larger table gives its memory back */

struct entry {
	char *key;   /* owned; NULL: never used, grave: deleted */
	void *value; /* borrowed */
	uint32_t n;
	uint32_t hash;
};

struct table {
	struct entry *entries; /* owned; NULL until the first put */
	size_t size;
	size_t count;
	size_t graves;
	size_t max;
};

static char grave[1];

static bool is_live(const struct entry *e)
{
	return e->key && e->key != grave;
}

struct table *table_new(size_t entries_max)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->max = entries_max;
	return t;
}

void table_free(struct table **tp)
{
	struct table *t = *tp;

	if (!t)
		return;
	for (size_t i = 0; i < t->size; i++) {
		if (is_live(&t->entries[i]))
			free(t->entries[i].key);
	}
	free(t->entries);
	free(t);
	*tp = NULL;
}

static uint32_t hash_of(struct slice key)
{
	return (uint32_t)hash_bytes(key);
}

static struct entry *find(const struct table *t, struct slice key,
			  uint32_t hash)
{
	/* A quarter of the places is never used, so the walk ends. */
	for (size_t i = hash; t->size; i++) {
		struct entry *e = &t->entries[i & (t->size - 1)];

		if (!e->key)
			return NULL;
		if (e->key != grave && e->hash == hash && e->n == key.n &&
		    slice_eq(slice_bytes(e->key, e->n), key))
			return e;
	}
	return NULL;
}

static struct entry *free_place(struct table *t, uint32_t hash)
{
	size_t i = hash;

	while (is_live(&t->entries[i & (t->size - 1)]))
		i++;
	return &t->entries[i & (t->size - 1)];
}

/* Grows, shrinks or just drops the graves: the new size follows the count. */
static void rebuild(struct table *t)
{
	struct entry *old = t->entries;
	size_t old_size = t->size;
	size_t size = SIZE_MIN;

	while (size < 2 * (t->count + 1))
		size *= 2;
	t->entries = xcalloc(size, sizeof(*t->entries));
	t->size = size;
	t->graves = 0;
	for (size_t i = 0; i < old_size; i++) {
		if (is_live(&old[i]))
			*free_place(t, old[i].hash) = old[i];
	}
	free(old);
}

static bool is_crowded(const struct table *t)
{
	return (t->count + t->graves + 1) * 4 > t->size * 3;
}

/* A burst must not cost its memory for ever. */
static bool is_sparse(const struct table *t)
{
	return t->size > SIZE_MIN && (t->count + 1) * 8 < t->size;
}

enum err table_put(struct table *t, struct slice key, void *value)
{
	uint32_t hash = hash_of(key);
	struct entry *e = find(t, key, hash);

	if (e) {
		e->value = value;
		return ERR_OK;
	}
	if (t->count >= t->max || key.n > UINT32_MAX)
		return ERR_FULL;
	if (is_crowded(t) || is_sparse(t))
		rebuild(t);
	e = free_place(t, hash);
	if (e->key == grave)
		t->graves--;
	*e = (struct entry){slice_dup(key), value, (uint32_t)key.n, hash};
	t->count++;
	return ERR_OK;
}

void *table_find(const struct table *t, struct slice key)
{
	const struct entry *e = find(t, key, hash_of(key));

	return e ? e->value : NULL;
}

/* A grave is needed only while somebody's walk may lead over this place. */
static void bury(struct table *t, struct entry *e)
{
	size_t i = (size_t)(e - t->entries);

	if (t->entries[(i + 1) & (t->size - 1)].key) {
		e->key = grave;
		t->graves++;
		return;
	}
	e->key = NULL;
	for (i--; t->entries[i & (t->size - 1)].key == grave; i--) {
		t->entries[i & (t->size - 1)].key = NULL;
		t->graves--;
	}
}

/* An iteration finds its end at once, which is right: nothing is left. */
static void drop_places(struct table *t)
{
	free(t->entries);
	t->entries = NULL;
	t->size = 0;
	t->graves = 0;
}

void *table_delete(struct table *t, struct slice key)
{
	struct entry *e = find(t, key, hash_of(key));
	void *value;

	if (!e)
		return NULL;
	value = e->value;
	free(e->key);
	bury(t, e);
	t->count--;
	if (t->count == 0 && t->size > KEEP_EMPTY_MAX)
		drop_places(t);
	return value;
}

size_t table_count(const struct table *t)
{
	return t->count;
}

bool table_next(const struct table *t, size_t *pos, struct slice *key,
		void **value)
{
	while (*pos < t->size) {
		const struct entry *e = &t->entries[(*pos)++];

		if (!is_live(e))
			continue;
		if (key)
			*key = slice_bytes(e->key, e->n);
		*value = e->value;
		return true;
	}
	return false;
}
