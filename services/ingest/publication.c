/*
 * publication - one publish body on its way into the log.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "publication.h"

#include <stdlib.h>

#include "base/mem.h"

/* What an event takes beside its body: its record's frame, its id, its place.
 */
#define EVENT_OVERHEAD_BYTES 256

struct publication *publication_new(const struct request *r,
				    publication_done_fn *done, void *origin,
				    size_t origin_bytes)
{
	size_t n = request_count(r);
	struct publication *p = xcalloc(1, sizeof(*p) + n * sizeof(p->ids[0]));

	p->done = done;
	p->origin = origin;
	p->n = n;
	p->bytes = sizeof(*p) + origin_bytes;
	for (size_t i = 0; i < n; i++) {
		struct request_event e = request_at(r, i);

		p->bytes += EVENT_OVERHEAD_BYTES + e.body.n + e.idem.n;
		if (e.op != OP_EVENT)
			p->bytes += request_call_at(r, i).params.n;
	}
	return p;
}

void publication_free(struct publication **p)
{
	free(*p);
	*p = NULL;
}
