/*
 * cluster - a Redis Cluster behind the interface of redis.h: private to redis
 * and redis_call.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One connection to each master. A command goes to the master that has the slot
 * of its first key. One that was not done there (MOVED, ASK, TRYAGAIN,
 * CLUSTERDOWN, NOSCRIPT) is sent again, where it belongs, for three seconds at
 * most; then it ends with ERR_AGAIN.
 *
 * Commands of one slot are done in the order in which they were given. Where a
 * later one has been done while an earlier one was turned away, the earlier one
 * is not sent again: it ends with ERR_AGAIN.
 *
 * A script's keys are told to Redis with one more that does not exist. So Redis
 * refuses it while its slot moves, when some of its keys may be gone: no script
 * is ever half done.
 */
#ifndef IO_CLUSTER_H
#define IO_CLUSTER_H

#include "io/redis_private.h"

struct cluster;

/* As redis_open(), redis_close() and their like. */
struct cluster *cluster_open(uv_loop_t *loop,
			     const struct redis_options *options, char *error,
			     size_t error_size);
void cluster_close(struct cluster **c);
/* At least one master can be asked, and the cluster does not say that it is
 * down; where there are channels: they are heard. */
bool cluster_is_up(const struct cluster *c);
bool cluster_reaches(struct cluster *c, struct slice key);
uint64_t cluster_home(struct cluster *c, struct slice key);
size_t cluster_pending(const struct cluster *c);

/* Both take the command, whatever comes of it. */
MUST_CHECK enum err cluster_command(struct cluster *c,
				    struct redis_wire command,
				    redis_reply_fn *fn, void *arg);
MUST_CHECK enum err cluster_command_near(struct cluster *c, struct slice key,
					 struct redis_wire command,
					 redis_reply_fn *fn, void *arg);
MUST_CHECK enum err cluster_script(struct cluster *c, size_t i,
				   const struct slice *keys, size_t n_keys,
				   const struct slice *argv, size_t argc,
				   redis_reply_fn *fn, void *arg);
void cluster_subscribe(struct cluster *c, const char *channel);

#endif
