/*
 * queue - tasks that have not been started: ready ones, parked ones that wait
 * for the configuration to catch up, and ones lent to who waits for a token.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bounded in tasks and in bytes. Full means: the caller answers not_started.
 * Pure; time is an argument.
 */
#ifndef SENDER_QUEUE_H
#define SENDER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "task.h"

struct queue {
	struct list ready, parked;
	size_t n, n_parked; /* n counts all, lent ones too */
	size_t tasks_max;
	size_t bytes, bytes_max; /* task_bytes() */
};

void queue_init(struct queue *q, size_t tasks_max, size_t bytes_max);
/* Frees what is left. */
void queue_fini(struct queue *q);
/* Takes the task; on ERR_FULL the caller still owns it. */
MUST_CHECK enum err queue_push(struct queue *q, struct task *t);
/* The same, before all others. */
MUST_CHECK enum err queue_push_front(struct queue *q, struct task *t);
/* The oldest ready task, NULL when there is none. The caller owns it. */
struct task *queue_pop(struct queue *q);
/* Any task, ready or parked; lent ones are recalled first. */
struct task *queue_pop_any(struct queue *q);
/* Takes a task that has been popped and may wait until then. A task that has
 * been parked before keeps its time. */
MUST_CHECK enum err queue_park(struct queue *q, struct task *t,
			       uint64_t until_ms);
/* Parked tasks become ready, in order. */
void queue_unpark(struct queue *q);
/* The next parked task whose time has come, NULL when there is none. */
struct task *queue_pop_expired(struct queue *q, uint64_t now_ms);

/* Takes a task that has been popped into a list of the caller's, where it is
 * counted all the same. */
MUST_CHECK enum err queue_lend(struct queue *q, struct list *to,
			       struct task *t);
/* All of that list become ready, in order and before all others. */
void queue_recall(struct queue *q, struct list *from);
/* This one leaves the list and the queue; the caller owns it. */
void queue_take_lent(struct queue *q, struct task *t);

#endif
