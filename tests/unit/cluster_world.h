/*
 * cluster_world - two masters of a Redis Cluster for a test, and a slot that
 * moves from the first to the second.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_CLUSTER_WORLD_H
#define TESTS_CLUSTER_WORLD_H

#include "io_test.h"

#include "io/redis.h"

/* Of the first server; those of {k} are in the slot that moves. */
#define KEY "pr:{k}:list"
#define KEY_B "pr:{k}:other"
#define CHANNEL "pr:{k}:news"
/* Of the second one. */
#define FAR "pr:{p1}:list"

struct world {
	uv_loop_t loop;
	char dir[32];
	int ports[2];
	pid_t pids[2];
	struct redis *redis;
	int ups, downs, messages, answers;
};

/* Started, connected, up. */
void world_setup(struct world *w);
/* The same, to hear a channel. */
void world_setup_with(struct world *w, const char *channel);
void world_teardown(struct world *w);

void world_kill(struct world *w, int server);
void world_start(struct world *w, int server);
void world_run_ms(struct world *w, unsigned ms);

/* The slot of {k}. */
void world_begin_move(struct world *w);
void world_move_keys(struct world *w);
void world_end_move(struct world *w);

/* Past the client that is tested: what a list has at a place, wherever it is.
 */
void world_lindex(struct world *w, const char *key, int64_t place, char *out,
		  size_t size);
void world_publish(struct world *w, int server);

#endif
