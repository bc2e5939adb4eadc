/*
 * stored - what is kept for a journey call's user and path, read from Redis
 * before it is handed out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read for the first few of a lane's queue together, by one script. What comes
 * behind another call of its path is read only once Redis has what that one
 * has brought.
 */
#ifndef ROUTER_STORED_H
#define ROUTER_STORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct delivery;
struct event;
struct lane;
struct partition;

struct stored {
	uint64_t after_flush; /* Redis has this flush before it is read */
	bool asked, here;
	bool too_large;
	char *json; /* owned; NULL: nothing is kept */
	size_t n;
};

/* NULL: the event is no call of a journey. */
struct stored *stored_new(const struct event *e);
/* Returns the bytes that it held. */
size_t stored_free(struct stored **s);

/* It was behind another of its path, which has just ended. */
void stored_after(struct delivery *d);
/* The lane's first delivery has what it needs, then it stands first now; else
 * it is asked for, and the lane is touched when it is there. */
bool stored_ready(struct lane *lane);
struct slice stored_json(const struct delivery *d);
/* A flush has been answered: what waited for it may be read. */
void stored_flushed(struct partition *p);

#endif
