/*
 * held - lanes that are held back because there is no access token: since when,
 * how their deliveries wait, and what makes it worth to ask again.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whether and when a lane is held, circuit.h knows.
 */
#ifndef ROUTER_HELD_H
#define ROUTER_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ulid.h"

struct lane;
struct partition;
struct router;

/* What has come to its lane, before its statistics are written. */
void held_look(struct partition *p, struct lane *lane);
/* For so long that what waits is to use up its schedule. */
bool held_for_too_long(const struct lane *lane);
/* When what is put off now is looked at again if nothing else happens; wall
 * clock. The longer it is held, the later. */
uint64_t held_until_ms(const struct lane *lane);
/* The lane's webhook is another now: so may be the token that it needs. */
void held_release(struct lane *lane);
/* This credential has changed, or NULL: any may have. */
void held_hurry(struct router *r, const struct ulid *credential);
/* How many lanes are. */
int64_t held_count(const struct router *r);

#endif
