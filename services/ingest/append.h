/*
 * append - group commit: events go into their partitions' logs in batches.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For each partition one append is under way at a time; what arrives meanwhile
 * fills the next batch. An append whose answer was lost with the connection is
 * repeated under the same number until Redis answers it. Owns the Redis
 * connection, and the publications until they are done. What waits is bounded:
 * beyond, or while Redis is away, a publication is refused as busy.
 */
#ifndef INGEST_APPEND_H
#define INGEST_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "io/metrics.h"
#include "io/redis_access.h"

#include "publication.h"

struct append;

struct append_options {
	const struct redis_access *redis; /* borrowed */
	const char *instance;		  /* borrowed */
	uint64_t partitions;
	size_t batch_events_max, batch_bytes_max;
	size_t waiting_bytes_max;
	uint64_t idempotency_ms;
	uint64_t min_replicas; /* that must have what is acknowledged */
	struct metrics *metrics;
	/* A batch is in the log. frame is malloc'd and the callee's. May be
	 * NULL. */
	void (*on_appended)(void *arg, uint64_t partition, uint64_t seq,
			    char *frame, size_t n);
	/* Redis came or went, or there is room again. */
	void (*on_change)(void *arg);
	void *arg; /* borrowed */
};

struct append *append_open(uv_loop_t *loop,
			   const struct append_options *options, char *error,
			   size_t error_size);
/* What is still waiting is told that Redis is away. */
void append_close(struct append **a);

/* Takes the publication, whose events are those of r, or refuses with *fault
 * filled and leaves it with the caller. Copies what it needs of r. done may be
 * called only after control has returned to the loop. */
bool append_publish(struct append *a, const struct request *r,
		    struct publication *p, struct fault *fault);
bool append_is_up(const struct append *a);
/* Why not; static. */
const char *append_why_down(const struct append *a);
size_t append_waiting_bytes(const struct append *a);
/* Events accepted since the start, repeats aside. */
uint64_t append_accepted(const struct append *a);
/* Nothing waits and nothing is under way. */
bool append_is_idle(const struct append *a);
/* Adds a text to a list in Redis that is kept at most n long; lost when Redis
 * is away. */
void append_note(struct append *a, const char *key, struct slice text,
		 unsigned n);

#endif
