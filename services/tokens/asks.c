/*
 * asks - who waits for a token, and the answers to them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "asks.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schedule.h"

static struct ask *earlier(const struct list *asks, struct slice identity)
{
	LIST_FOREACH (node, asks) {
		struct ask *a = container_of(node, struct ask, node);

		if (!(a->m.flags & TOKEN_TEST) &&
		    slice_eq(slice_bytes(a->identity, a->identity_n), identity))
			return a;
	}
	return NULL;
}

bool asks_add(struct list *asks, struct slice identity,
	      const struct msg_token_ask *m, uint64_t now)
{
	struct ask *a = m->flags & TOKEN_TEST ? NULL : earlier(asks, identity);
	bool fresh = !a;

	must(identity.n <= ASK_IDENTITY_MAX);
	if (fresh) {
		a = xcalloc(1, sizeof(*a));
		memcpy(a->identity, identity.p, identity.n);
		a->identity_n = identity.n;
		list_push(asks, &a->node);
	}
	a->since_us = now;
	a->m = *m;
	a->m.credential = slice_of(NULL);
	return fresh;
}

void ask_free(struct ask *ask)
{
	list_remove(&ask->node);
	free(ask);
}

void answer_encode(const struct grant *g, const struct answer *answer,
		   struct buf *frame)
{
	const struct grant_record *r = &g->record;
	size_t at = msg_frame_start(frame, MSG_token, 0, 0);
	struct msg_token m = {
	    .ask = answer->ask,
	    .credential = ulid_slice(&g->credential),
	    .version = answer->version,
	    .retry_ms = answer->retry_ms,
	    .error = slice_of(answer->error),
	    .report = answer->report,
	};

	if (answer->good) {
		m.number = r->number;
		m.use_until_ms =
		    schedule_use_until_ms(r->fetched_ms, r->expires_ms);
		m.renew_ms = r->renew_ms;
		m.sealed = slice_of(r->sealed);
	}
	msg_encode_token(frame, &m);
	msg_frame_finish(frame, at, 1);
}
