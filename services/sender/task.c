/*
 * task - one task of a router, copied off its frame.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "task.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bearer.h"
#include "call.h"
#include "earlier.h"

static struct slice keep(char *at, struct slice bytes)
{
	if (bytes.n > 0)
		memcpy(at, bytes.p, bytes.n);
	return slice_bytes(at, bytes.n);
}

struct task *task_new(uint64_t link, const struct msg_task *m)
{
	struct ulid event, webhook;
	struct task *t;

	if (ulid_from_slice(m->event, &event) != ERR_OK ||
	    ulid_from_slice(m->webhook, &webhook) != ERR_OK)
		return NULL;
	t = xmalloc(sizeof(*t) + m->body.n + m->params.n + m->stored.n);
	list_init(&t->node);
	t->link = link;
	t->number = m->task;
	t->version = m->version;
	t->attempt = m->attempt;
	t->start_by_ms = m->start_by_ms;
	t->taken_us = now_us();
	t->parked_until_ms = t->wanting_since_ms = 0;
	t->trace = m->flags & TASK_TRACE;
	t->event = event;
	t->webhook = webhook;
	t->bearer = NULL;
	t->earlier = NULL;
	t->call = NULL;
	t->error = NULL;
	t->tile = m->tile;
	t->body_n = keep(t->body, m->body).n;
	t->params = keep(t->body + t->body_n, m->params);
	t->stored = keep(t->body + t->body_n + t->params.n, m->stored);
	return t;
}

void task_free(struct task **t)
{
	if (!*t)
		return;
	bearer_unref(&(*t)->bearer);
	earlier_free(&(*t)->earlier);
	call_free(&(*t)->call);
	free((*t)->error);
	free(*t);
	*t = NULL;
}
