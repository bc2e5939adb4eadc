/*
 * match_world - what match needs of a router, without Redis.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stands in for the mirror of the configuration and for the lanes.
 */
#ifndef TESTS_MATCH_WORLD_H
#define TESTS_MATCH_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "batch.h"
#include "match.h"

struct world;

struct world *world_new(void);
void world_free(struct world **w);
/* Makes the webhook of this number, or puts another in its place. filter: JSON
 * or NULL. Tells match of it when told to. */
void world_put(struct world *w, size_t number, const char *project,
	       const char *event_name, const char *filter, bool tell);
/* Takes it away, and tells. */
void world_drop(struct world *w, size_t number);
void world_find(struct world *w, const struct event *e, struct matched *out);
/* Of a lane that was found. */
size_t world_number(const struct world *w, const struct lane *lane);
/* Bodies that were read so far. */
uint64_t world_read(const struct world *w);
void world_invalidate(struct world *w);

#endif
