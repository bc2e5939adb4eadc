/*
 * tell - what a result means for its lane's pace, and what others are told of
 * that: in the webhook's figures in Redis, on the feed, in the log.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ROUTER_TELL_H
#define ROUTER_TELL_H

#include "proto/message.h"

struct lane;
struct partition;

/* Of an attempt that was made, perhaps as the circuit's probe; its lane does
 * not count it as under way now. */
void tell_result(struct partition *p, struct lane *lane,
		 const struct msg_result *result, bool probe);
/* If it is held for want of a token, it is so no more. */
void tell_release(struct partition *p, struct lane *lane);
/* Ten times a second, all lanes of the partition. */
void tell_tick(struct partition *p);

#endif
