/*
 * http_queue - what an event stream has yet to send.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bounded: an event that does not fit is dropped whole, and the next one that
 * does is preceded by an event "dropped" that says how many were.
 */
#ifndef IO_HTTP_QUEUE_H
#define IO_HTTP_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct http_queue {
	struct buf bytes;
	size_t sent; /* of bytes */
	size_t max;  /* unsent bytes */
	uint64_t dropped;
};

void http_queue_init(struct http_queue *q, size_t bytes_max);
void http_queue_fini(struct http_queue *q);
bool http_queue_is_empty(const struct http_queue *q);
/* False when the event was dropped. */
bool http_queue_push(struct http_queue *q, struct slice event);
/* Moves at most max bytes to out; says how many. */
size_t http_queue_pull(struct http_queue *q, char *out, size_t max);

#endif
