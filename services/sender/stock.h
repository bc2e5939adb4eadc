/*
 * stock - idle handles, found by plan, so that the next request of a webhook
 * finds one that is prepared.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SENDER_STOCK_H
#define SENDER_STOCK_H

#include <stddef.h>

#include "easy.h"

struct stock {
	const struct transport_options *options; /* borrowed */
	struct list idle;			 /* least recently used first */
	size_t n, idle_max;
};

void stock_init(struct stock *s, const struct transport_options *options,
		size_t idle_max);
void stock_fini(struct stock *s);
/* A handle prepared for the plan; the caller owns it. */
struct easy *stock_take(struct stock *s, struct plan *plan);
/* Takes it back. */
void stock_put(struct stock *s, struct easy *e, uint64_t now_ms);
/* Frees those that have not been used since then. */
void stock_trim(struct stock *s, uint64_t since_ms);

#endif
