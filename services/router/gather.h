/*
 * gather - wakes a lane when its batch has waited long enough.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One timer of the loop for each lane that ever waited so; the loop keeps them
 * in a heap. Others have none.
 */
#ifndef ROUTER_GATHER_H
#define ROUTER_GATHER_H

#include <stdint.h>

struct lane;

/* Touches the lane in so many milliseconds, perhaps earlier. */
void gather_wake(struct lane *lane, uint64_t ms);
/* Before the lane is freed. */
void gather_end(struct lane *lane);

#endif
