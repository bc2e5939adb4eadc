/*
 * sink_records - which webhook-id arrived where, when and how often.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Holds every id that was ever received (that is its purpose: tests assert that
 * none is missing) and the newest few requests as they came. Also the paths,
 * each with its behaviour and figures. Knows no sockets.
 */
#ifndef TOOLS_SINK_RECORDS_H
#define TOOLS_SINK_RECORDS_H

#include <stdio.h>

#include "base/list.h"
#include "base/table.h"
#include "sink_rules.h"

#define SINK_PATHS_MAX 4096

struct path {
	char *text; /* owned; without the query */
	struct behaviour rule;
	bool ruled; /* else the sink's general behaviour applies */
	uint64_t requests, in_flight, in_flight_max;
};

struct receipt {
	uint64_t begun;	   /* heads with this id on this path */
	uint64_t count;	   /* requests with this id on this path */
	uint64_t ok;	   /* of these, answered with 2xx */
	uint64_t first_us; /* wall clock; 0: none yet */
	uint64_t last_us;
	uint64_t first_ok_us; /* of the first answered with 2xx */
};

struct kept {
	struct list node;
	uint64_t us;
	struct path *path; /* borrowed; never freed before the records */
	struct buf head, body;
};

struct records {
	struct table *receipts; /* "<id> <path>" → struct receipt, owned */
	struct table *paths;	/* text → struct path, owned */
	struct path *other;	/* all paths past the maximum; owned */
	struct list kept;	/* struct kept, oldest first */
	size_t n_kept, kept_max;
	FILE *file; /* owned; NULL: none */
	uint64_t requests, repeats, answered_ok;
};

void records_init(struct records *r);
void records_fini(struct records *r);
/* Forgets ids, kept requests and figures; paths and their rules stay. */
void records_clear(struct records *r);
/* Makes the path at first sight, with what its segments say. */
struct path *records_path(struct records *r, struct slice text);
/* The id's receipt on this path, made at first sight. */
struct receipt *records_receipt(struct records *r, struct slice id,
				const struct path *path);
/* One request has been read whole. id may be empty, receipt then is NULL. */
void records_add(struct records *r, struct receipt *receipt, struct slice id,
		 const struct path *path, uint64_t wall_us);
/* Takes the bytes of both buffers. */
void records_keep(struct records *r, struct path *path, uint64_t us,
		  struct buf *head, struct buf *body);

#endif
