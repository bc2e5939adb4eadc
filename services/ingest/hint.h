/*
 * hint - tells a partition's router of a new log entry, and hands it the bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keeps a connection to each router of the registry. A hint that cannot go at
 * once is dropped: the router notices the gap and reads the log.
 */
#ifndef INGEST_HINT_H
#define INGEST_HINT_H

#include <uv.h>

#include "io/metrics.h"
#include "io/pipe.h"
#include "store/registry.h"

struct hints;

struct hints *hints_new(struct pipe_context *context, uv_loop_t *loop,
			struct metrics *metrics);
void hints_free(struct hints **h);
/* Connects to routers that are new and leaves those that have gone. */
void hints_follow(struct hints *h, const struct registry *registry);
/* Takes ownership of frame (malloc'd). */
void hints_send(struct hints *h, const struct registry *registry,
		uint64_t partition, uint64_t seq, char *frame, size_t n);

#endif
