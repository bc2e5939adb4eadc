/*
 * journey_world - a webhook, its plan and a renderer, for tests of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_JOURNEY_WORLD_H
#define TESTS_JOURNEY_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "journey/journey_plan.h"

#define WORLD_WALL_MS 1764144000000 /* 2025-11-26T08:00:00Z */

struct world {
	struct journey_plan *plan; /* NULL: fault says why */
	struct journey_renderer *renderer;
	struct journey_request request; /* of the last world_render() */
	struct journey_fault fault;
	char error[256]; /* of the last world_take() */
	struct buf values;
};

/* Of a webhook's members, each behind a comma but the first; "url" may be
 * missing. */
void world_init(struct world *w, const char *members);
void world_fini(struct world *w);
/* params and stored may be NULL. */
bool world_render(struct world *w, const char *call, const char *params,
		  const char *stored);
bool world_take(struct world *w, enum tile tile, const char *answer,
		bool truncated);
/* As "Name: value\n" each; valid until the next call. */
const char *world_headers(struct world *w);

#endif
