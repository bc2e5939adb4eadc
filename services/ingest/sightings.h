/*
 * sightings - tells Redis which event names of their own projects publish.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A hint for people: what is lost while Redis is away, or with this process, is
 * counted nowhere. It has a connection of its own, so that it cannot hold up
 * what counts.
 */
#ifndef INGEST_SIGHTINGS_H
#define INGEST_SIGHTINGS_H

#include <uv.h>

#include "catalogue/catalogue.h"
#include "io/metrics.h"
#include "io/redis_access.h"
#include "store/config.h"

#include "request.h"

struct sightings;

struct sightings_options {
	const struct redis_access *redis; /* borrowed */
	uint64_t partitions;
	size_t sample_bytes_max; /* 0: no samples, and those kept are dropped */
	const struct config *config; /* borrowed: which projects there are */
	struct metrics *metrics;
};

struct sightings *sightings_open(uv_loop_t *loop,
				 const struct sightings_options *options,
				 char *error, size_t error_size);
void sightings_close(struct sightings **s);
/* The events of a body that has been taken. */
void sightings_add(struct sightings *s, const struct request *r);

#endif
