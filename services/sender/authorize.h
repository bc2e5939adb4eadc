/*
 * authorize - gives tasks of OAuth 2.0 webhooks the token that their request
 * carries.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The wiring of holders: owns them and the links to the tokens processes.
 * Borrows the queue, where waiting tasks are counted.
 */
#ifndef SENDER_AUTHORIZE_H
#define SENDER_AUTHORIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "gauges.h"
#include "holder.h"
#include "queue.h"
#include "store/config.h"
#include "store/registry.h"
#include "task.h"

struct authorizer;

/* All borrowed. */
struct authorizer_options {
	uv_loop_t *loop;
	const struct curve *curve; /* or NULL; borrowed */
	struct config *config;
	struct queue *queue;
	struct gauges *gauges;
	const uint8_t *master_key; /* NULL: unset */
	size_t waiting_max;
	uint64_t wait_ms;
};

struct authorizer *authorizer_new(const struct authorizer_options *options);
/* Waiting tasks go back to the queue. Memory of handles is freed by the loop:
 * run it once more. */
void authorizer_free(struct authorizer **a);

/* What is to become of a task of this webhook: when it is granted, t->bearer is
 * what its request carries. */
struct admission authorize(struct authorizer *a, const struct webhook *w,
			   struct task *t, uint64_t wall_ms);
/* The credential has not been heard of, though its task was parked. What it is
 * told; from now on others need not be parked. */
struct admission authorizer_unknown(struct authorizer *a,
				    const struct ulid *credential);
/* A receiver has answered 401 to the task's token, which is taken off it. */
void authorizer_reject(struct authorizer *a, struct task *t);

/* A credential has changed. */
void authorizer_look(struct authorizer *a, const struct ulid *credential);
/* The configuration has been read anew. */
void authorizer_look_at_all(struct authorizer *a);
void authorizer_follow(struct authorizer *a, const struct registry *registry);
/* All waiting tasks go back to the queue. */
void authorizer_recall(struct authorizer *a);
/* The next task that has waited too long, and what it is told; NULL when there
 * is none. */
struct task *authorizer_pop_expired(struct authorizer *a,
				    struct admission *told);
/* To be called a few times a second. */
void authorizer_tick(struct authorizer *a);

#endif
