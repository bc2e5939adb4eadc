/*
 * match - from an event to the lanes that want it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Compiled from the configuration, project by project, when first asked after a
 * change. An event then costs two look-ups, however many webhooks there are;
 * where webhooks have filters its body is read once for all of them.
 */
#ifndef ROUTER_MATCH_H
#define ROUTER_MATCH_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/ulid.h"

struct event;
struct lane;
struct match;
struct router;

struct lane_set {
	struct lane **lanes; /* owned array, borrowed lanes */
	size_t n, size;
};

/* Those that name the event, those that want all, and those of both whose
 * filter holds for it; none is in two of them. */
#define MATCHED_SETS 3
struct matched {
	const struct lane_set *sets[MATCHED_SETS]; /* never NULL */
};

struct match *match_new(void);
void match_free(struct match **m);
/* The configuration or the lanes have changed. */
void match_invalidate(struct match *m);
/* One webhook has: new, another or gone. project: of what it is or was. */
void match_changed(struct match *m, struct slice project,
		   const struct ulid *webhook);
/* Whether a webhook of the project names the event; "*" does not. May compile
 * the project's webhooks anew. */
bool match_is_named(struct match *m, struct router *r, struct slice project,
		    struct slice name);
/* Our own events are only for those that name them.
 * Valid until the next match_find or change. */
void match_find(struct match *m, struct router *r, const struct event *e,
		struct matched *out);

#endif
