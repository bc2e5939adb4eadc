/*
 * dispatch - from lanes to senders, and what senders say.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ROUTER_DISPATCH_H
#define ROUTER_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct lane;
struct partition;
struct router;

/* Hands out what can be handed out, lanes taking turns; true if it did
 * anything. The tasks go out with dispatch_send(). */
bool dispatch_pump(struct router *r);
void dispatch_send(struct router *r);
/* The lane may have work for the ring. */
void dispatch_touch(struct lane *lane);
/* All lanes of a partition that may hand out again. */
void dispatch_touch_all(struct partition *p);
/* frames[0] is the sender's identity. */
void dispatch_on_message(struct router *r, const struct slice *frames,
			 size_t n);
/* Senders not heard of for long: their tasks go to others. */
void dispatch_reap(struct router *r);

#endif
