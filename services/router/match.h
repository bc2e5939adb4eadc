/*
 * match - from a project's event name to the lanes that want it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Compiled from the configuration when first asked after a change; an event
 * then costs two look-ups, however many webhooks there are.
 */
#ifndef ROUTER_MATCH_H
#define ROUTER_MATCH_H

#include "base/slice.h"

struct lane;
struct match;
struct router;

struct lane_set {
	struct lane **lanes; /* owned array, borrowed lanes */
	size_t n, size;
};

struct match *match_new(void);
void match_free(struct match **m);
/* The configuration or the lanes have changed. */
void match_invalidate(struct match *m);
/* Those that name the event, and those that want all; either may be NULL. Valid
 * until the next match_invalidate. */
void match_find(struct match *m, struct router *r, struct slice project,
		struct slice event_name, const struct lane_set **named,
		const struct lane_set **all);

#endif
