/*
 * record - deliveries that do not go the fast way: their records in Redis, and
 * the chains of those that keep an order.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All of it joins the partition's next flush.
 */
#ifndef ROUTER_RECORD_H
#define ROUTER_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "ops.h"

struct delivery;
struct partition;

/* What a record says of the last try, or of why there was none. */
struct last_try {
	uint64_t ms, status;
	struct slice error;
	bool dead;
};

/* Written or moved. A line's head has a record now: so must those behind it
 * have, in the same flush, or a later one could be alone in the log after a
 * take-over; they leave memory. */
void record_write(struct partition *p, struct delivery *d, enum ops_place place,
		  uint64_t score, const struct last_try *last);
/* From now on the record holds it, not the log. */
void record_unlist(struct delivery *d);
/* It has ended: whoever is behind it in Redis is due. */
void record_unchain(struct partition *p, struct delivery *d);

#endif
