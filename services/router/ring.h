/*
 * ring - whose turn it is: projects one after the other, and in each its lanes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A project with many busy webhooks has no more turns than one with a single
 * webhook. Knows of a lane only where it stands.
 */
#ifndef ROUTER_RING_H
#define ROUTER_RING_H

#include "base/list.h"
#include "base/slice.h"
#include "base/table.h"

struct lane;
struct tenant;

struct ring {
	struct table *tenants; /* project → owned struct tenant */
	struct list turns;     /* of those with lanes that are ready */
};

void ring_init(struct ring *r);
/* No lane may stand in it or belong to it. */
void ring_fini(struct ring *r);

/* The lane belongs to this project from now on, until ring_leave(). */
void ring_join(struct ring *r, struct lane *lane, struct slice project);
void ring_leave(struct ring *r, struct lane *lane);

/* At the end of its project's lanes, unless it stands there already. */
void ring_push(struct ring *r, struct lane *lane);
/* At the front of all: it keeps its turn. */
void ring_push_front(struct ring *r, struct lane *lane);
/* Whose turn it is; its project goes to the end. NULL: nobody's. */
struct lane *ring_pop(struct ring *r);

#endif
