/*
 * publication - one publish body on its way into the log.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Made by whoever received the body, finished by append: exactly one call of
 * done, after all of its events are in Redis or none of them.
 */
#ifndef INGEST_PUBLICATION_H
#define INGEST_PUBLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ulid.h"

#include "request.h"

struct publication;

/* Frees the publication, or hands it on to who does. fault is NULL on success.
 */
typedef void publication_done_fn(struct publication *p,
				 const struct fault *fault);

struct publication {
	publication_done_fn *done;
	void *origin; /* the done function's own */
	/* Nobody could be told of a refusal: keep it until Redis takes it. */
	bool held;
	size_t parts_left; /* partitions that have not confirmed their part */
	size_t bytes;	   /* counted as waiting until done */
	size_t n, duplicates;
	struct ulid ids[];
};

/* origin_bytes: what the origin keeps meanwhile. */
struct publication *publication_new(const struct request *r,
				    publication_done_fn *done, void *origin,
				    size_t origin_bytes);
void publication_free(struct publication **p);

#endif
