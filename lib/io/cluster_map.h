/*
 * cluster_map - who has which slots, as CLUSTER SLOTS says, and what a node
 * answers that has not.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_CLUSTER_MAP_H
#define IO_CLUSTER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/redis.h"

#define CLUSTER_MASTERS_MAX 256
#define CLUSTER_HOST_SIZE 256

struct cluster_place {
	char host[CLUSTER_HOST_SIZE];
	int port;
};

struct cluster_map {
	size_t n_places;
	struct cluster_place places[CLUSTER_MASTERS_MAX]; /* masters */
	uint16_t of[16384]; /* slot → place + 1; 0: nobody has it */
};

/* Reads the answer of CLUSTER SLOTS; host: of whoever gave it, for a node that
 * does not know its own address. ERR_MALFORMED, ERR_FULL (more masters than
 * fit); the map is then of no use. */
MUST_CHECK enum err cluster_map_read(struct cluster_map *map,
				     const struct reply *reply,
				     const char *host);

bool cluster_place_eq(const struct cluster_place *a,
		      const struct cluster_place *b);

/* What an error says of a command that has not been done. */
enum cluster_verdict {
	CLUSTER_DONE,  /* not of this kind: it is an answer */
	CLUSTER_MOVED, /* another has the slot: place */
	CLUSTER_ASK,   /* another has the key, while the slot moves: place */
	CLUSTER_SPLIT, /* some of its keys are here, some there */
	CLUSTER_DOWN,  /* the cluster does not serve the slot now */
	CLUSTER_NO_SCRIPT
};
/* host: of whoever gave it. */
enum cluster_verdict cluster_verdict_of(const struct reply *reply,
					const char *host,
					struct cluster_place *place);

/* Of CLUSTER INFO: its number of changes so far, and whether it works. False:
 * it makes no sense. */
bool cluster_info_read(struct slice text, uint64_t *epoch, bool *works);

#endif
