/*
 * task - the attempts that are with senders, by number.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "task.h"

#include <stdlib.h>

#include "base/mem.h"

#define NONE UINT32_MAX

struct tasks {
	struct task *slots;	/* owned */
	uint32_t n, size, free; /* used so far, allocated, first free or NONE */
	uint32_t first;
	size_t count;
};

struct tasks *tasks_new(uint32_t first)
{
	struct tasks *t = xcalloc(1, sizeof(*t));

	t->free = NONE;
	t->first = first;
	return t;
}

void tasks_free(struct tasks **t)
{
	if (!*t)
		return;
	free((*t)->slots);
	free(*t);
	*t = NULL;
}

static uint32_t take_slot(struct tasks *t)
{
	uint32_t i = t->free;

	if (i != NONE) {
		t->free = t->slots[i].next_free;
		return i;
	}
	if (t->n == t->size) {
		t->size = t->size ? 2 * t->size : 256;
		t->slots = xrealloc(t->slots, t->size * sizeof(*t->slots));
	}
	t->slots[t->n].generation = t->first;
	return t->n++;
}

uint64_t tasks_add(struct tasks *t, struct delivery *d, struct sender *s)
{
	uint32_t i = take_slot(t);
	struct task *task = &t->slots[i];

	task->delivery = d;
	task->sender = s;
	t->count++;
	return (uint64_t)task->generation << 32 | i;
}

struct task *tasks_find(struct tasks *t, uint64_t number)
{
	uint32_t i = (uint32_t)number;

	if (i >= t->n || !t->slots[i].sender ||
	    t->slots[i].generation != (uint32_t)(number >> 32))
		return NULL;
	return &t->slots[i];
}

void tasks_remove(struct tasks *t, struct task *task)
{
	must(task->sender && t->count > 0);
	task->sender = NULL;
	task->delivery = NULL;
	task->generation++;
	task->next_free = t->free;
	t->free = (uint32_t)(task - t->slots);
	t->count--;
}

size_t tasks_count(const struct tasks *t)
{
	return t->count;
}

struct task *tasks_next(struct tasks *t, size_t *pos)
{
	while (*pos < t->n)
		if (t->slots[(*pos)++].sender)
			return &t->slots[*pos - 1];
	return NULL;
}
