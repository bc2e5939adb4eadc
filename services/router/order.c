/*
 * order - the lines of one lane.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "order.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "lane.h"

/* In memory are no more than the router's head_deliveries, whose bound this is.
 */
#define KEYS_MAX 17000000

struct order *order_new(void)
{
	struct order *o = xcalloc(1, sizeof(*o));

	o->keys = table_new(KEYS_MAX);
	list_init(&o->aged);
	return o;
}

static struct slice key_of(const uint64_t *hash)
{
	return slice_bytes(hash, sizeof(*hash));
}

static bool is_idle(const struct order_key *key)
{
	return !key->head;
}

static void drop_key(struct order *o, struct order_key *key)
{
	must(!key->head && list_empty(&key->behind));
	table_delete(o->keys, key_of(&key->hash));
	free(key);
}

void order_free(struct order **po)
{
	struct order *o = *po;
	size_t pos = 0;
	void *key;

	if (!o)
		return;
	must(o->n_behind == 0);
	while (table_next(o->keys, &pos, NULL, &key))
		free(key);
	table_free(&o->keys);
	free(o);
	*po = NULL;
}

uint64_t order_hash(struct slice ordering_key)
{
	return hash_stable(ordering_key);
}

struct order_key *order_key(struct order *o, uint64_t hash)
{
	struct order_key *key = table_find(o->keys, key_of(&hash));

	if (key)
		return key;
	key = xcalloc(1, sizeof(*key));
	key->hash = hash;
	list_init(&key->behind);
	must(table_put(o->keys, key_of(&key->hash), key) == ERR_OK);
	o->n_idle++;
	return key;
}

bool order_is_chained(const struct order *o, const struct order_key *key)
{
	return o->all || key->chained > 0;
}

/* Too many to remember: the keys of which nothing is here are let go. */
static void forget_idle(struct order *o)
{
	size_t pos = 0;
	void *value;

	o->all = true;
	while (table_next(o->keys, &pos, NULL, &value)) {
		struct order_key *key = value;

		if (!is_idle(key))
			continue;
		o->n_idle--;
		drop_key(o, key);
	}
}

/* Nothing of it is here: is it worth remembering? */
static void settle_idle(struct order *o, struct order_key *key)
{
	if (o->all || key->chained == 0) {
		o->n_idle--;
		drop_key(o, key);
	} else if (o->n_idle > ORDER_IDLE_MAX) {
		forget_idle(o);
	}
}

bool order_join(struct order *o, struct order_key *key, struct delivery *d,
		uint64_t now)
{
	d->key = key;
	d->queued_ms = now;
	if (!key->head) {
		o->n_idle--;
		key->head = d;
		return true;
	}
	list_push(&key->behind, &d->node);
	list_push(&o->aged, &d->aged);
	o->n_behind++;
	return false;
}

static void unline(struct order *o, struct delivery *d)
{
	list_remove(&d->node);
	list_remove(&d->aged);
	o->n_behind--;
}

struct delivery *order_leave(struct order *o, struct delivery *d)
{
	struct order_key *key = d->key;
	struct delivery *next;

	d->key = NULL;
	if (key->head != d) {
		unline(o, d);
		return NULL;
	}
	next = order_behind(key);
	key->head = next;
	if (next) {
		unline(o, next);
		return next;
	}
	o->n_idle++;
	settle_idle(o, key);
	return NULL;
}

struct delivery *order_behind(const struct order_key *key)
{
	struct list *node = list_first(&key->behind);

	return node ? container_of(node, struct delivery, node) : NULL;
}

struct delivery *order_oldest(const struct order *o)
{
	struct list *node = list_first(&o->aged);

	return node ? container_of(node, struct delivery, aged) : NULL;
}

void order_chain(struct order *o, struct order_key *key, uint64_t flush)
{
	key->chained++;
	o->chained_in = flush;
}

/* While not every chained one is known by key, counts mean nothing. */
void order_unchain(struct order *o, struct order_key *key)
{
	if (!o->all && key->chained > 0)
		key->chained--;
}

void order_unchain_all(struct order *o)
{
	size_t pos = 0;
	void *value;

	o->all = false;
	while (table_next(o->keys, &pos, NULL, &value)) {
		struct order_key *key = value;

		key->chained = 0;
		if (!is_idle(key))
			continue;
		o->n_idle--;
		drop_key(o, key);
	}
}

static void put_u64(char *out, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		out[i] = (char)(value & 0xff);
}

static uint64_t get_u64(const char *p)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | (unsigned char)p[i];
	return value;
}

void order_place(const struct delivery *d, char out[ORDER_PLACE_BYTES])
{
	put_u64(out, d->key->hash);
	put_u64(out + 8, d->order);
}

bool order_place_read(struct slice place, uint64_t *hash, uint64_t *order)
{
	if (place.n != ORDER_PLACE_BYTES)
		return false;
	*hash = get_u64(place.p);
	*order = get_u64(place.p + 8);
	return true;
}
