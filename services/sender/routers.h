/*
 * routers - the links to every live router: greeting, allowance, tasks in,
 * results out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One DEALER socket a router, which finds its way back by itself when the
 * router restarts; task numbers of its earlier life mean nothing to the new
 * one. Results are gathered into frames of many.
 */
#ifndef SENDER_ROUTERS_H
#define SENDER_ROUTERS_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "io/pipe.h"
#include "proto/message.h"
#include "store/registry.h"

struct routers;

/* A task of this link. m is a view that dies when it returns. */
typedef void routers_task_fn(void *arg, uint64_t link,
			     const struct msg_task *m);

struct routers_options {
	uv_loop_t *loop;
	const struct curve *curve;  /* or NULL; borrowed */
	const char *instance;	    /* borrowed for ever; our own */
	size_t results_pending_max; /* a link; beyond they are dropped */
	routers_task_fn *on_task;
	void *arg;			       /* borrowed */
	uint64_t *malformed, *results_dropped; /* counters; borrowed */
};

struct routers *routers_new(const struct routers_options *options);
/* Unsent results get a moment to leave. Memory of sockets is freed by the loop:
 * run it once more. */
void routers_free(struct routers **r);

/* Opens and closes links as the registry says. Not from on_task. */
void routers_follow(struct routers *r, const struct registry *registry);
size_t routers_count(const struct routers *r);
/* Greets every router and announces the allowance. */
void routers_announce(struct routers *r, uint64_t allowance);
/* Adds a result for the link's router; copies it. */
void routers_result(struct routers *r, uint64_t link,
		    const struct msg_result *result);
/* Sends what has been gathered. */
void routers_flush(struct routers *r);
/* Every result has been handed to its socket. */
bool routers_flushed(const struct routers *r);

#endif
