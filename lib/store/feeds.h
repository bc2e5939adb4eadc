/*
 * feeds - hears the live feed of every router.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Has a SUB socket for each, so that one that cannot be reached is called again
 * without a gap in what the others tell.
 */
#ifndef STORE_FEEDS_H
#define STORE_FEEDS_H

#include "io/pipe.h"
#include "store/registry.h"

#define FEEDS_TOPICS_MAX 4

struct feeds_options {
	struct pipe_context *context; /* borrowed, as loop */
	uv_loop_t *loop;
	struct pipe_options pipe;	      /* of each socket */
	const char *topics[FEEDS_TOPICS_MAX]; /* literals; NULL ends them */
};

struct feeds;

struct feeds *feeds_new(const struct feeds_options *options);
/* Not within the handler. The memory of sockets is freed by the loop. */
void feeds_free(struct feeds **f);
/* Connects to new ones, leaves old ones: for the registry's on_change. */
void feeds_follow(struct feeds *f, const struct registry *registry);

#endif
