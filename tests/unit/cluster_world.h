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

/* The servers live as long as the program: a cluster takes two seconds to work.
 */
struct world {
	uv_loop_t loop;
	struct redis *redis;
	int ups, downs, messages, answers;
};

/* For cmocka's group. */
int world_begin(void **state);
int world_end(void **state);

/* Connected, up; the servers are empty, the slot is with the first. */
void world_setup(struct world *w);
/* The same, to hear a channel. */
void world_setup_with(struct world *w, const char *channel);
void world_teardown(struct world *w);

void world_kill(int server);
void world_signal(int server, int number);
void world_start(int server);
void world_run_ms(struct world *w, unsigned ms);

/* The slot of {k}. */
void world_begin_move(void);
void world_move_keys(void);
void world_end_move(void);

/* Past the client that is tested: what a list has at a place, wherever it is.
 */
void world_lindex(const char *key, int64_t place, char *out, size_t size);
void world_publish(int server);

#endif
