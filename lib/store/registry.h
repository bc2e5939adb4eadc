/*
 * registry - who is alive, by heartbeats in Redis, and which router holds which
 * partition.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every process writes its own record and reads all others' twice a second, in
 * one command. A record not renewed for REGISTRY_STALE_MS by Redis' clock is
 * not shown. All of it is a hint: the lease in Redis decides who may write.
 */
#ifndef STORE_REGISTRY_H
#define STORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/slice.h"
#include "io/pipe.h"
#include "io/redis.h"
#include "io/redis_access.h"

#define REGISTRY_STALE_MS 3000

struct process_info {
	char *service, *instance, *host, *version; /* owned */
	char *sender_endpoints, *ingest_endpoints, *feed_endpoints;
	char *token_endpoints;
	char *curve_key; /* of its tcp:// endpoints; "": no CURVE */
	char *figures;	 /* JSON object */
	uint64_t boot, pid, started_ms, seen_ms;
	bool healthy;
};

struct registry;

struct registry_options {
	const char *service, *instance;	  /* borrowed for ever */
	const struct redis_access *redis; /* borrowed */
	const char *sender_endpoints, *ingest_endpoints, *feed_endpoints,
	    *token_endpoints;  /* or NULL */
	const char *curve_key; /* NULL: they have no CURVE */
	bool read_only;	       /* for tools: announce nothing */
	/* Writes {"name":number,…} for /v1/status. May be NULL. */
	void (*figures)(void *arg, struct buf *out);
	bool (*healthy)(void *arg); /* NULL: true */
	/* After every look in which a process or an owner has changed. May be
	 * NULL. */
	void (*on_change)(void *arg);
	void *arg;
};

struct registry *registry_open(uv_loop_t *loop,
			       const struct registry_options *options,
			       char *error, size_t error_size);
/* Removes the own record, if Redis is there. */
void registry_close(struct registry **r);
/* *pos starts at 0; NULL at the end. Valid until control returns to the loop.
 */
const struct process_info *registry_next(const struct registry *r, size_t *pos);
const struct process_info *registry_find(const struct registry *r,
					 const char *instance);
/* The router that holds the partition's lease, NULL when not known. */
const struct process_info *registry_owner(const struct registry *r,
					  uint64_t partition);
/* The endpoint of a list to use from here: ipc:// when on the same host (and
 * the socket file is there), else the first, with the server's key behind it if
 * it has one: what pipe_connect() takes. Copies into out; false when empty. */
bool registry_pick_target(const struct process_info *p, const char *endpoints,
			  char out[PIPE_TARGET_SIZE]);
/* Whether a target that was once picked from a list is still one of it. */
bool registry_has_target(const struct process_info *p, const char *endpoints,
			 const char *target);

#endif
