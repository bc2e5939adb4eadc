/*
 * batch - the events of one log entry in memory, and what of them is settled.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "batch.h"

#include <stdlib.h>

#include "base/mem.h"
#include "proto/message.h"

static enum err decode_events(struct batch *b, struct slice in)
{
	for (size_t i = 0; i < b->n_events; i++) {
		struct event *e = &b->events[i];
		struct msg_event m;
		enum err rc = msg_decode_event(&in, &m);

		if (rc == ERR_OK)
			rc = ulid_from_slice(m.id, &e->id);
		if (rc != ERR_OK)
			return rc;
		e->batch = b;
		e->project = m.project;
		e->name = m.name;
		e->ordering_key = m.ordering_key;
		e->body = m.body;
		e->webhook = m.webhook;
		e->params = m.params;
		e->tile = m.tile;
		e->reply = m.reply != 0;
		e->created_ms = m.created_ms;
		e->expires_ms = m.expires_ms;
	}
	return ERR_OK;
}

enum err batch_decode(char *bytes, size_t n, uint64_t seq, uint64_t now,
		      struct batch **out)
{
	struct slice in = slice_bytes(bytes, n);
	struct msg_head head;
	struct batch *b;
	enum err rc = msg_decode_head(&in, &head, BATCH_EVENTS_MAX);

	if (rc != ERR_OK)
		return rc;
	if (head.type != MSG_event || head.count > n)
		return ERR_MALFORMED;
	b = xcalloc(1, sizeof(*b) + (size_t)head.count * sizeof(struct event));
	b->n_events = (size_t)head.count;
	rc = decode_events(b, in);
	if (rc != ERR_OK) {
		free(b);
		return rc;
	}
	list_init(&b->node);
	list_init(&b->deliveries);
	b->seq = seq;
	b->bytes = bytes;
	b->n_bytes = n;
	b->seen_ms = now;
	b->pins = 1;
	*out = b;
	return ERR_OK;
}

void event_encode(const struct event *e, struct buf *out)
{
	const struct msg_event m = {
	    .id = ulid_slice(&e->id),
	    .project = e->project,
	    .name = e->name,
	    .created_ms = e->created_ms,
	    .expires_ms = e->expires_ms,
	    .ordering_key = e->ordering_key,
	    .body = e->body,
	    .webhook = e->webhook,
	    .tile = e->tile,
	    .params = e->params,
	    .reply = e->reply,
	};
	size_t at = msg_frame_start(out, MSG_event, 0, 0);

	msg_encode_event(out, &m);
	msg_frame_finish(out, at, 1);
}

struct batch *batch_of_event(const struct event *e)
{
	struct batch *b = NULL;
	struct buf frame;
	size_t n;
	char *bytes;

	buf_init(&frame, e->batch->n_bytes + 256);
	event_encode(e, &frame);
	must(!buf_full(&frame));
	bytes = buf_take(&frame, &n);
	must(batch_decode(bytes, n, 0, e->batch->seen_ms, &b) == ERR_OK);
	b->expanded = 1;
	return b;
}

struct batch *batch_pin(struct batch *b)
{
	b->pins++;
	return b;
}

size_t batch_unpin(struct batch *b)
{
	size_t n = b->n_bytes;

	must(b->pins > 0);
	if (--b->pins > 0)
		return 0;
	must(list_empty(&b->deliveries));
	list_remove(&b->node);
	free(b->bytes);
	free(b->mark);
	free(b->partial);
	free(b);
	return n;
}

void batch_set_mark(struct batch *b, struct slice frame)
{
	struct msg_head head;
	struct msg_mark m;
	struct slice in;

	free(b->mark);
	b->mark = slice_dup(frame);
	b->marked = true;
	in = slice_bytes(b->mark, frame.n);
	if (msg_decode_head(&in, &head, 1) != ERR_OK || head.type != MSG_mark ||
	    head.count != 1 || msg_decode_mark(&in, &m) != ERR_OK)
		return;
	b->mark_events = m.events;
	b->mark_deliveries = m.deliveries;
}

bool batch_event_was_settled(const struct batch *b, size_t event)
{
	size_t byte = event / 8;

	return byte < b->mark_events.n &&
	       ((unsigned char)b->mark_events.p[byte] >> (event % 8) & 1);
}

bool batch_delivery_was_settled(const struct batch *b, const struct ulid *id)
{
	for (size_t i = 0; i + ID_BYTES <= b->mark_deliveries.n; i += ID_BYTES)
		if (memcmp(b->mark_deliveries.p + i, id->b, ID_BYTES) == 0)
			return true;
	return false;
}

void batch_open(struct event *e)
{
	e->open++;
	e->batch->open++;
}

void batch_close(struct event *e)
{
	must(e->open > 0 && e->batch->open > 0);
	e->open--;
	e->batch->open--;
}

static void remember_partial(struct batch *b, const struct event *e,
			     const struct ulid *delivery)
{
	if (b->n_partial == b->size_partial) {
		b->size_partial = b->size_partial ? 2 * b->size_partial : 16;
		b->partial =
		    xrealloc(b->partial, b->size_partial * sizeof(*b->partial));
	}
	b->partial[b->n_partial].event = (uint32_t)(e - b->events);
	b->partial[b->n_partial].delivery = *delivery;
	b->n_partial++;
}

void batch_settle(struct event *e, const struct ulid *delivery)
{
	struct batch *b = e->batch;

	must(e->open > 0 && b->open > 0);
	e->open--;
	b->open--;
	b->changed = true;
	if (e->open > 0)
		remember_partial(b, e, delivery);
}

bool batch_is_settled(const struct batch *b)
{
	return b->open == 0 && b->expanded == b->n_events;
}

/* What is wholly settled has its bit, so its single deliveries are forgotten.
 */
static void compact_partial(struct batch *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n_partial; i++)
		if (b->events[b->partial[i].event].open > 0)
			b->partial[kept++] = b->partial[i];
	b->n_partial = kept;
}

void batch_encode_mark(struct batch *b, struct buf *out)
{
	struct msg_mark m = {0};
	size_t n_bits = (b->n_events + 7) / 8, n_ids, at;
	char *bits = xcalloc(1, n_bits + 1), *ids;

	compact_partial(b);
	for (size_t i = 0; i < b->expanded; i++)
		if (b->events[i].open == 0)
			bits[i / 8] = (char)(bits[i / 8] | 1 << (i % 8));
	for (size_t i = b->expanded; i < b->n_events; i++)
		if (batch_event_was_settled(b, i))
			bits[i / 8] = (char)(bits[i / 8] | 1 << (i % 8));
	ids = xmalloc(b->n_partial * ID_BYTES + b->mark_deliveries.n + 1);
	for (size_t i = 0; i < b->n_partial; i++)
		memcpy(ids + i * ID_BYTES, b->partial[i].delivery.b, ID_BYTES);
	if (b->mark_deliveries.n)
		memcpy(ids + b->n_partial * ID_BYTES, b->mark_deliveries.p,
		       b->mark_deliveries.n);
	m.events = slice_bytes(bits, n_bits);
	n_ids = b->n_partial * ID_BYTES + b->mark_deliveries.n;
	/* What does not fit may be delivered twice after a take-over. */
	m.deliveries =
	    slice_bytes(ids, n_ids < MARK_BYTES_MAX ? n_ids : MARK_BYTES_MAX);
	at = msg_frame_start(out, MSG_mark, 0, 0);
	msg_encode_mark(out, &m);
	msg_frame_finish(out, at, 1);
	free(bits);
	free(ids);
	b->changed = false;
	b->marked = true;
}
