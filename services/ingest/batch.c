/*
 * batch - the events that go into a partition's log as one entry.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "batch.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/table.h"

/* A publish body's records at most, and a few batches' worth of small ones. */
#define FRAME_BYTES_MAX (64 * 1024 * 1024)
#define EVENTS_FIRST 64

enum event_state {
	EVENT_LIVE,
	EVENT_REPEAT, /* of a live one in this batch */
	EVENT_TAKEN,  /* its key is another event's, accepted earlier */
};

struct batch_event {
	enum event_state state;
	struct publication *publication; /* borrowed */
	size_t position;		 /* among its events */
	struct ulid id;
	size_t record_at, record_n; /* in frame */
	size_t key_at, key_n;	    /* in keys */
	size_t repeats;		    /* EVENT_REPEAT: of this event */
};

struct batch {
	struct list node;
	struct buf frame;   /* every record, in order of arrival */
	struct buf compact; /* the live ones only, if they are not all */
	struct buf keys;
	size_t count_at; /* msg_frame_start's offset */
	uint64_t partition;
	struct batch_event *events; /* owned */
	size_t n, size, live, n_keys;
	bool holes; /* frame has records of events that were refused */
	size_t
	    *keyed; /* owned; the live events with a key, after batch_frame */
};

struct batch *batch_new(uint64_t partition)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	list_init(&b->node);
	b->partition = partition;
	buf_init(&b->frame, FRAME_BYTES_MAX);
	buf_init(&b->compact, FRAME_BYTES_MAX);
	buf_init(&b->keys, FRAME_BYTES_MAX);
	b->count_at = msg_frame_start(&b->frame, MSG_event, partition, 0);
	return b;
}

void batch_free(struct batch **b)
{
	if (!*b)
		return;
	list_remove(&(*b)->node);
	buf_fini(&(*b)->frame);
	buf_fini(&(*b)->compact);
	buf_fini(&(*b)->keys);
	free((*b)->events);
	free((*b)->keyed);
	free(*b);
	*b = NULL;
}

struct list *batch_node(struct batch *b)
{
	return &b->node;
}

struct batch *batch_of_node(struct list *node)
{
	return container_of(node, struct batch, node);
}

size_t batch_count(const struct batch *b)
{
	return b->n;
}

size_t batch_bytes(const struct batch *b)
{
	return b->frame.n;
}

size_t batch_live(const struct batch *b)
{
	return b->live;
}

size_t batch_keys(const struct batch *b)
{
	return b->n_keys;
}

static struct batch_event *event_new(struct batch *b)
{
	if (b->n == b->size) {
		b->size = b->size ? b->size * 2 : EVENTS_FIRST;
		b->events = xrealloc(b->events, b->size * sizeof(b->events[0]));
	}
	return &b->events[b->n++];
}

void batch_add(struct batch *b, struct publication *p, size_t position,
	       struct msg_event *e, struct slice idem_key)
{
	struct batch_event *own = event_new(b);

	*own = (struct batch_event){
	    .publication = p,
	    .position = position,
	    .id = p->ids[position],
	    .record_at = b->frame.n,
	    .key_at = b->keys.n,
	    .key_n = idem_key.n,
	};
	e->id = ulid_slice(&own->id);
	msg_encode_event(&b->frame, e);
	buf_append_slice(&b->keys, idem_key);
	/* The sizes were checked before: frames are bounded, and so are
	 * batches. */
	must(!buf_full(&b->frame) && !buf_full(&b->keys));
	own->record_n = b->frame.n - own->record_at;
}

static struct slice key_of(const struct batch *b, const struct batch_event *e)
{
	return (struct slice){b->keys.p + e->key_at, e->key_n};
}

/* The first of those with the same key is live, the others repeat it. */
static void find_repeats(struct batch *b)
{
	struct table *seen = table_new(b->n);

	for (size_t i = 0; i < b->n; i++) {
		struct batch_event *e = &b->events[i], *first;

		if (e->key_n == 0 || e->state == EVENT_TAKEN)
			continue;
		first = table_find(seen, key_of(b, e));
		e->state = first ? EVENT_REPEAT : EVENT_LIVE;
		if (first)
			e->repeats = (size_t)(first - b->events);
		else
			must(table_put(seen, key_of(b, e), e) == ERR_OK);
	}
	table_free(&seen);
}

static void list_live(struct batch *b)
{
	b->live = b->n_keys = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (b->events[i].state != EVENT_LIVE)
			continue;
		b->live++;
		if (b->events[i].key_n > 0)
			b->keyed[b->n_keys++] = i;
	}
}

static struct slice compact_frame(struct batch *b)
{
	size_t at;

	buf_reset(&b->compact);
	at = msg_frame_start(&b->compact, MSG_event, b->partition, 0);
	for (size_t i = 0; i < b->n; i++) {
		const struct batch_event *e = &b->events[i];

		if (e->state == EVENT_LIVE)
			buf_append(&b->compact, b->frame.p + e->record_at,
				   e->record_n);
	}
	msg_frame_finish(&b->compact, at, b->live);
	return buf_slice(&b->compact);
}

struct slice batch_frame(struct batch *b)
{
	b->keyed = xrealloc(b->keyed, (b->n + 1) * sizeof(b->keyed[0]));
	if (b->keys.n > 0)
		find_repeats(b);
	list_live(b);
	if (b->live < b->n || b->holes)
		return compact_frame(b);
	buf_reset(&b->compact);
	msg_frame_finish(&b->frame, b->count_at, b->live);
	return buf_slice(&b->frame);
}

char *batch_take_frame(struct batch *b, size_t *n)
{
	return buf_take(b->compact.n > 0 ? &b->compact : &b->frame, n);
}

void batch_key_at(const struct batch *b, size_t i, struct slice *key,
		  struct slice *id)
{
	const struct batch_event *e;

	must(i < b->n_keys);
	e = &b->events[b->keyed[i]];
	*key = key_of(b, e);
	*id = ulid_slice(&e->id);
}

void batch_taken(struct batch *b, size_t i, const struct ulid *id)
{
	struct batch_event *e;

	must(i < b->n_keys);
	e = &b->events[b->keyed[i]];
	e->state = EVENT_TAKEN;
	e->id = *id;
	/* Those that repeat it are taken by the same event. */
	for (size_t k = b->keyed[i] + 1; k < b->n; k++) {
		struct batch_event *other = &b->events[k];

		if (other->state == EVENT_REPEAT &&
		    other->repeats == b->keyed[i]) {
			other->state = EVENT_TAKEN;
			other->id = *id;
		}
	}
}

void batch_untake(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct batch_event *e = &b->events[i];

		if (e->state != EVENT_TAKEN)
			continue;
		e->state = EVENT_LIVE;
		e->id = e->publication->ids[e->position];
	}
}

static void tell(struct batch *b, const struct batch_event *e)
{
	struct publication *p = e->publication;

	p->ids[e->position] =
	    e->state == EVENT_REPEAT ? b->events[e->repeats].id : e->id;
	if (e->state != EVENT_LIVE)
		p->duplicates++;
}

void batch_confirm(struct batch *b,
		   void (*finished)(void *arg, struct publication *p),
		   void *arg)
{
	struct publication *last = NULL;

	for (size_t i = 0; i < b->n; i++)
		tell(b, &b->events[i]);
	/* A publication's events stand together in its part of the batch. */
	for (size_t i = 0; i < b->n; i++) {
		struct publication *p = b->events[i].publication;

		if (p == last)
			continue;
		last = p;
		if (--p->parts_left == 0)
			finished(arg, p);
	}
	b->n = 0;
}

bool batch_refuse(struct batch *b, bool all,
		  void (*refused)(void *arg, struct publication *p), void *arg)
{
	struct publication *last = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct publication *p = b->events[i].publication;

		if (p == last)
			continue;
		if (p->held && !all) {
			b->events[kept++] = b->events[i];
			continue;
		}
		last = p;
		refused(arg, p);
	}
	b->n = kept;
	b->holes = true;
	/* Repeats are found again, since what they repeat may be gone. */
	for (size_t i = 0; i < kept; i++) {
		if (b->events[i].state == EVENT_REPEAT)
			b->events[i].state = EVENT_LIVE;
	}
	return kept == 0;
}
