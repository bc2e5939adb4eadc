/*
 * graves - the webhooks that were deleted not long ago.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tells a deleted webhook from one that the mirror has not heard of yet. Ids
 * are never used twice. The newest are kept; what is forgotten is unknown.
 */
#ifndef SENDER_GRAVES_H
#define SENDER_GRAVES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ulid.h"

#define GRAVES_MAX 256

struct graves {
	size_t n; /* added in all */
	struct ulid ids[GRAVES_MAX];
};

static inline void graves_add(struct graves *g, const struct ulid *id)
{
	g->ids[g->n++ % GRAVES_MAX] = *id;
}

static inline bool graves_has(const struct graves *g, const struct ulid *id)
{
	size_t n = g->n < GRAVES_MAX ? g->n : GRAVES_MAX;

	for (size_t i = 0; i < n; i++)
		if (ulid_eq(&g->ids[i], id))
			return true;
	return false;
}

#endif
