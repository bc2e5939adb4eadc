/*
 * purge - removes what deleted webhooks leave in Redis.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A webhook is noted before its document goes, so that a console that dies in
 * between leaves its work to the next walk: of any console, at start, after a
 * deletion and once a minute. Its dead deliveries and figures are removed as
 * soon as the document is gone. It stays noted for some minutes, because what
 * is under way at a sender is still counted. What waits or is queued is not
 * touched: the router drops it.
 */
#ifndef CONSOLE_PURGE_H
#define CONSOLE_PURGE_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "call.h"

struct purge *purge_new(struct console *c, uv_loop_t *loop);
/* After the connection to Redis: its callbacks end the walk. */
void purge_free(struct purge **p);
/* Begins a walk now, or another one after that which is under way. */
void purge_wake(struct purge *p);

/* Notes these webhooks of the project in params[0]; then fn, with the call. */
void purge_note(struct call *call, char *const *ids, size_t n,
		redis_reply_fn *fn);

#endif
