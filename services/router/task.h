/*
 * task - the attempts that are with senders, by number.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A number names one handing-over and is never used again, so that a result
 * from an earlier life finds nothing. Borrows deliveries and senders.
 */
#ifndef ROUTER_TASK_H
#define ROUTER_TASK_H

#include <stddef.h>
#include <stdint.h>

struct delivery;
struct sender;

struct task {
	struct delivery *delivery; /* NULL: its partition has gone meanwhile */
	struct sender *sender;	   /* NULL: the slot is free */
	uint32_t generation;
	uint32_t next_free;
};

struct tasks;

/* first: where numbers begin; a different one at every start keeps the results
 * for an earlier life of this process from meaning anything. */
struct tasks *tasks_new(uint32_t first);
void tasks_free(struct tasks **t);
uint64_t tasks_add(struct tasks *t, struct delivery *d, struct sender *s);
/* The task of that number, NULL when there is none (any more). */
struct task *tasks_find(struct tasks *t, uint64_t number);
void tasks_remove(struct tasks *t, struct task *task);
size_t tasks_count(const struct tasks *t);
/* Every task in turn; *pos starts at 0; NULL at the end. Removing is allowed.
 */
struct task *tasks_next(struct tasks *t, size_t *pos);

#endif
