/*
 * redis_link - one connection of hiredis on the loop: private to redis and
 * redis_call.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What one turn of the loop asks goes out in one write at its end. Outlives its
 * context until its handles are closed, and then frees itself.
 */
#ifndef IO_REDIS_LINK_H
#define IO_REDIS_LINK_H

#include <hiredis/async.h>
#include <stdbool.h>
#include <uv.h>

struct redis_link;

struct redis_link_options {
	bool tcp;
	int lost_ms; /* TCP: nothing acknowledged for so long, it is lost */
	void (*on_active)(void *arg); /* something has come, or has gone out */
	/* It is gone, and all that was asked over it has been answered with
	 * NULL. */
	void (*on_lost)(void *arg);
	void *arg; /* borrowed */
};

/* Takes the context, whose connect is under way. */
struct redis_link *redis_link_new(uv_loop_t *loop,
				  const struct redis_link_options *options,
				  redisAsyncContext *ac);
redisAsyncContext *redis_link_context(const struct redis_link *l);
/* From inside hiredis's callbacks: arg of the options; NULL once it was left.
 */
void *redis_link_owner(const redisAsyncContext *ac);
bool redis_link_is_connected(const struct redis_link *l);
bool redis_link_is_doomed(const struct redis_link *l);
/* Commands may be given to its context. */
bool redis_link_is_usable(const struct redis_link *l);
/* To end as soon as hiredis is off the stack, or with the next
 * redis_link_end(). */
void redis_link_doom(struct redis_link *l);
/* Ends it, now if hiredis is not on the stack. */
void redis_link_end(struct redis_link *l);
/* The owner ends: nothing is told any more; what was asked last still goes out,
 * if it can at once. */
void redis_link_leave(struct redis_link *l);

#endif
