/*
 * queue - tasks that have not been started.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "queue.h"

void queue_init(struct queue *q, size_t tasks_max, size_t bytes_max)
{
	*q = (struct queue){.tasks_max = tasks_max, .bytes_max = bytes_max};
	list_init(&q->ready);
	list_init(&q->parked);
}

void queue_fini(struct queue *q)
{
	struct task *t;

	while ((t = queue_pop_any(q)))
		task_free(&t);
}

static enum err add(struct queue *q, struct list *to, struct task *t)
{
	if (q->n >= q->tasks_max || task_bytes(t) > q->bytes_max - q->bytes)
		return ERR_FULL;
	list_push(to, &t->node);
	q->n++;
	q->bytes += task_bytes(t);
	return ERR_OK;
}

static struct task *leave(struct queue *q, struct list *node)
{
	struct task *t = container_of(node, struct task, node);

	list_remove(node);
	q->n--;
	q->bytes -= task_bytes(t);
	return t;
}

static struct task *take(struct queue *q, struct list *from)
{
	struct list *node = list_first(from);

	if (!node)
		return NULL;
	q->n_parked -= from == &q->parked;
	return leave(q, node);
}

enum err queue_push(struct queue *q, struct task *t)
{
	return add(q, &q->ready, t);
}

enum err queue_push_front(struct queue *q, struct task *t)
{
	return add(q, q->ready.next, t);
}

struct task *queue_pop(struct queue *q)
{
	return take(q, &q->ready);
}

struct task *queue_pop_any(struct queue *q)
{
	struct task *t = take(q, &q->parked);

	return t ? t : take(q, &q->ready);
}

enum err queue_park(struct queue *q, struct task *t, uint64_t until_ms)
{
	if (add(q, &q->parked, t) != ERR_OK)
		return ERR_FULL;
	q->n_parked++;
	if (!t->parked_until_ms)
		t->parked_until_ms = until_ms;
	return ERR_OK;
}

void queue_unpark(struct queue *q)
{
	struct list *node;

	while ((node = list_pop(&q->parked)))
		list_push(&q->ready, node);
	q->n_parked = 0;
}

/* Those parked again stand behind later ones: every one is looked at. */
struct task *queue_pop_expired(struct queue *q, uint64_t now_ms)
{
	LIST_FOREACH (node, &q->parked) {
		struct task *t = container_of(node, struct task, node);

		if (t->parked_until_ms > now_ms)
			continue;
		q->n_parked--;
		return leave(q, node);
	}
	return NULL;
}

enum err queue_lend(struct queue *q, struct list *to, struct task *t)
{
	return add(q, to, t);
}

void queue_recall(struct queue *q, struct list *from)
{
	while (!list_empty(from)) {
		struct list *last = from->prev;

		list_remove(last);
		list_push_front(&q->ready, last);
	}
}

void queue_take_lent(struct queue *q, struct task *t)
{
	(void)leave(q, &t->node);
}
