/*
 * sender - the senders that are connected: how much each may have, how much it
 * has, and the frame of tasks being filled for it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Knows neither deliveries nor Redis. Time is an argument.
 */
#ifndef ROUTER_SENDER_H
#define ROUTER_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/slice.h"

struct sender {
	struct list node;
	char identity[256]; /* of its ZeroMQ socket */
	size_t n_identity;
	char instance[160];
	uint64_t boot;
	uint64_t allowance;   /* tasks that may be with it */
	uint64_t outstanding; /* tasks that are */
	uint64_t seen_ms;     /* monotonic */
	struct buf frame;     /* tasks to go out at the end of this turn */
	size_t frame_at;
	uint64_t n_frame;
};

struct senders {
	struct list all;
	size_t n;
	size_t n_max;
};

void senders_init(struct senders *s, size_t n_max);
void senders_fini(struct senders *s);
struct sender *senders_find(struct senders *s, struct slice identity);
/* NULL when there are too many. */
struct sender *senders_add(struct senders *s, struct slice identity,
			   struct slice instance, uint64_t boot,
			   uint64_t now_ms);
/* An earlier life or an earlier connection of the same instance, NULL if none.
 */
struct sender *senders_earlier(struct senders *s, const struct sender *newer);
/* One not heard of for that long, NULL if none. */
struct sender *senders_silent(struct senders *s, uint64_t now_ms, uint64_t ms);
/* It must have nothing outstanding. */
void senders_remove(struct senders *s, struct sender *sender);
/* The one with the most room, NULL when none has any. */
struct sender *senders_pick(const struct senders *s);
uint64_t sender_room(const struct sender *s);
/* Of all of them together. */
uint64_t senders_room(const struct senders *s);

#endif
