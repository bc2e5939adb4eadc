/*
 * earlier - the first try of a task whose token was refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "earlier.h"

#include <stdlib.h>

#include "base/mem.h"

struct earlier *earlier_new(const struct msg_result *r, uint64_t number)
{
	struct earlier *e = xcalloc(1, sizeof(*e));
	struct msg_result bare = *r;
	struct buf frame;
	size_t at;

	bare.trace = bare.earlier = slice_of(NULL);
	buf_init(&frame, EARLIER_BYTES_MAX);
	at = msg_frame_start(&frame, MSG_result, 0, 0);
	msg_encode_result(&frame, &bare);
	msg_frame_finish(&frame, at, 1);
	must(!buf_full(&frame));
	e->number = number;
	e->frame = buf_take(&frame, &e->frame_n);
	e->trace_n = r->trace.n;
	if (e->trace_n > 0) {
		e->trace = xmalloc(e->trace_n);
		memcpy(e->trace, r->trace.p, e->trace_n);
	}
	return e;
}

void earlier_free(struct earlier **ep)
{
	struct earlier *e = *ep;

	if (!e)
		return;
	free(e->frame);
	free(e->trace);
	free(e);
	*ep = NULL;
}

struct slice earlier_frame(const struct earlier *e)
{
	return slice_bytes(e->frame, e->frame_n);
}

void earlier_result(const struct earlier *e, struct msg_result *r)
{
	struct slice in = earlier_frame(e);
	struct msg_head head;

	must(msg_decode_head(&in, &head, 1) == ERR_OK &&
	     msg_decode_result(&in, r) == ERR_OK);
	r->trace = slice_bytes(e->trace, e->trace_n);
}
