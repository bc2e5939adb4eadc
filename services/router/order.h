/*
 * order - the lines of one lane: of each ordering key one delivery at a time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A line's head may be handed out; those behind it wait in memory until it has
 * ended. Once a delivery of a key has a record in Redis, all unfinished ones of
 * the key have, in the key's chain there (see docs/decisions/0014-order.md);
 * so a key is either in memory and the log alone, or chained. Keys are known by
 * a hash: two that share it wait for each other, which does no harm.
 *
 * Knows neither Redis nor senders. Borrows deliveries.
 */
#ifndef ROUTER_ORDER_H
#define ROUTER_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/slice.h"
#include "base/table.h"

/* Keys without anything in memory that are remembered as chained; beyond, what
 * is chained is no longer known by key. */
#define ORDER_IDLE_MAX 65536
/* Of a member of a chain: hash, place in the log, delivery id. */
#define ORDER_PLACE_BYTES 16
#define ORDER_MEMBER_BYTES (ORDER_PLACE_BYTES + 16)

struct delivery;

struct order_key {
	uint64_t hash;
	struct delivery *head; /* in the lane's queue or with a sender */
	struct list behind;    /* deliveries by node, in their order */
	uint32_t chained;      /* deliveries in Redis' chain, head included */
};

struct order {
	struct table *keys; /* hash, 8 bytes → owned struct order_key */
	struct list aged;   /* those behind of all keys, oldest first */
	uint32_t n_behind, n_idle;
	/* Redis has chained deliveries of keys that are not known here:
	 * whatever arrives is chained too. */
	bool all;
	uint64_t chained_in; /* the flush that brings the last one there */
};

struct order *order_new(void);
/* No delivery may stand in it. */
void order_free(struct order **o);

uint64_t order_hash(struct slice ordering_key);
/* Found or made. */
struct order_key *order_key(struct order *o, uint64_t hash);
/* Something of the key is in Redis, so what arrives has to follow it there. */
bool order_is_chained(const struct order *o, const struct order_key *key);
/* Puts it at the end of its line; true: it is the head. */
bool order_join(struct order *o, struct order_key *key, struct delivery *d,
		uint64_t now_ms);
/* Takes it out of its line and forgets a key of which nothing is left. Returns
 * who is the head now and was not before, or NULL. */
struct delivery *order_leave(struct order *o, struct delivery *d);
/* The first behind the head, NULL: nobody. */
struct delivery *order_behind(const struct order_key *key);
/* Of those behind, who has waited longest; NULL: nobody. */
struct delivery *order_oldest(const struct order *o);

/* A delivery of the key enters its chain, or has left it. */
void order_chain(struct order *o, struct order_key *key, uint64_t flush);
void order_unchain(struct order *o, struct order_key *key);
/* Redis has nothing of this lane in chains any more. */
void order_unchain_all(struct order *o);

/* hash and place in the log, both big-endian: a chain sorts by these bytes. */
void order_place(const struct delivery *d, char out[ORDER_PLACE_BYTES]);
bool order_place_read(struct slice place, uint64_t *hash, uint64_t *order);

#endif
