/*
 * sender - the senders that are connected.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sender.h"

#include <stdlib.h>

#include "base/mem.h"

#define FRAME_BYTES_MAX (16u * 1024 * 1024)

static struct sender *of(struct list *node)
{
	return container_of(node, struct sender, node);
}

void senders_init(struct senders *s, size_t n_max)
{
	list_init(&s->all);
	s->n = 0;
	s->n_max = n_max;
}

static void destroy(struct sender *sender)
{
	list_remove(&sender->node);
	buf_fini(&sender->frame);
	free(sender);
}

void senders_fini(struct senders *s)
{
	struct list *node;

	while ((node = list_first(&s->all)) != NULL)
		destroy(of(node));
	s->n = 0;
}

struct sender *senders_find(struct senders *s, struct slice identity)
{
	LIST_FOREACH (node, &s->all) {
		struct sender *one = of(node);

		if (slice_eq(identity,
			     slice_bytes(one->identity, one->n_identity)))
			return one;
	}
	return NULL;
}

struct sender *senders_add(struct senders *s, struct slice identity,
			   struct slice instance, uint64_t boot, uint64_t now)
{
	struct sender *sender;

	if (s->n >= s->n_max || identity.n > sizeof(sender->identity))
		return NULL;
	sender = xcalloc(1, sizeof(*sender));
	memcpy(sender->identity, identity.p, identity.n);
	sender->n_identity = identity.n;
	slice_cstr(sender->instance, sizeof(sender->instance), instance);
	sender->boot = boot;
	sender->seen_ms = now;
	buf_init(&sender->frame, FRAME_BYTES_MAX);
	list_push(&s->all, &sender->node);
	s->n++;
	return sender;
}

struct sender *senders_earlier(struct senders *s, const struct sender *newer)
{
	LIST_FOREACH (node, &s->all) {
		struct sender *one = of(node);

		if (one != newer && strcmp(one->instance, newer->instance) == 0)
			return one;
	}
	return NULL;
}

struct sender *senders_silent(struct senders *s, uint64_t now, uint64_t ms)
{
	LIST_FOREACH (node, &s->all)
		if (now - of(node)->seen_ms > ms)
			return of(node);
	return NULL;
}

void senders_remove(struct senders *s, struct sender *sender)
{
	must(s->n > 0 && sender->outstanding == 0);
	s->n--;
	destroy(sender);
}

uint64_t sender_room(const struct sender *s)
{
	return s->allowance > s->outstanding ? s->allowance - s->outstanding
					     : 0;
}

uint64_t senders_room(const struct senders *s)
{
	uint64_t room = 0;

	LIST_FOREACH (node, &s->all)
		room += sender_room(of(node));
	return room;
}

struct sender *senders_pick(const struct senders *s)
{
	struct sender *best = NULL;

	LIST_FOREACH (node, &s->all)
		if (sender_room(of(node)) > (best ? sender_room(best) : 0))
			best = of(node);
	return best;
}
