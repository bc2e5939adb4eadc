/*
 * results - tells publishers how the calls that they wait for have ended.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Hears it on the routers' feeds, which may lose a message, and looks in Redis
 * for what has not been heard: at once for a repeated call, which may have
 * ended long ago, now and then for all others. Owns a Redis connection of its
 * own, so that no append waits behind a look.
 */
#ifndef INGEST_RESULTS_H
#define INGEST_RESULTS_H

#include <uv.h>

#include "io/metrics.h"
#include "io/pipe.h"
#include "io/redis_access.h"
#include "store/registry.h"

#include "address.h"
#include "publication.h"

struct results;

struct results_options {
	const struct redis_access *redis; /* borrowed */
	uint64_t partitions;
	size_t waiters_max;
	struct pipe_context *context; /* borrowed */
	struct metrics *metrics;
	/* One more message to this address; false: it was not taken. */
	bool (*send)(void *arg, const struct address *to, struct slice message);
	void *arg; /* borrowed */
};

struct results *results_open(uv_loop_t *loop,
			     const struct results_options *options, char *error,
			     size_t error_size);
void results_close(struct results **r);
/* For the registry's on_change. */
void results_follow(struct results *r, const struct registry *registry);

/* Of one body: its calls whose result is wanted. */
struct wanted;

/* Keeps room for the results that a body's publisher will wait for. *wanted is
 * NULL when there is none. False with *fault: there is no room. */
bool results_want(struct results *r, const struct request *request,
		  const struct address *to, struct wanted **wanted,
		  struct fault *fault);
/* The body is stored: waits for them. Frees *wanted, which may be NULL. */
void results_wait(struct results *r, struct wanted **wanted,
		  const struct publication *p, struct address *to);
/* The body was refused. */
void results_unwant(struct results *r, struct wanted **wanted);

#endif
