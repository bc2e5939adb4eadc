/*
 * wake - touches a lane again at a time: its batch has waited, its rate allows
 * more. SPDX-License-Identifier: Apache-2.0
 *
 * One timer of the loop for each lane that ever waited so; the loop keeps them
 * in a heap. Others have none.
 */
#ifndef ROUTER_WAKE_H
#define ROUTER_WAKE_H

#include <stdint.h>

struct lane;

/* Touches the lane in so many milliseconds, perhaps earlier. */
void wake_lane(struct lane *lane, uint64_t ms);
/* Before the lane is freed. */
void wake_end(struct lane *lane);

#endif
