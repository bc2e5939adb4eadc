/*
 * batch - the events of one log entry (or of one record) in a router's memory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns the frame it was decoded from; its events are views of it. It lives
 * while it is listed or while a delivery in memory refers to one of its events:
 * pins counts both. Knows neither Redis nor lanes.
 */
#ifndef ROUTER_BATCH_H
#define ROUTER_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/slice.h"
#include "base/ulid.h"

#define BATCH_EVENTS_MAX 65536

struct batch;

struct event {
	struct batch *batch; /* borrowed: it owns this */
	struct ulid id;
	struct slice project, name, ordering_key, body;
	struct slice webhook, params; /* of a journey's call */
	uint64_t tile;		      /* enum tile */
	bool reply;		      /* its publisher waits for the result */
	uint64_t created_ms, expires_ms; /* wall clock */
	uint32_t open; /* deliveries of it that the log still has to keep */
	uint64_t framed_in; /* the last flush that brings its frame to Redis */
};

struct settled_one {
	uint32_t event; /* index */
	struct ulid delivery;
};

struct batch {
	struct list node;	/* in its partition's list, by seq */
	struct list deliveries; /* in memory, not recorded: by their of_batch */
	uint64_t seq;		/* 0: stands in no log, came from records */
	char *bytes;		/* owned */
	size_t n_bytes;
	uint64_t seen_ms; /* monotonic */
	uint32_t pins;
	uint32_t open;	 /* deliveries that the log still has to keep */
	size_t expanded; /* events already matched */
	bool changed;	 /* settled something since the last mark */
	bool marked;	 /* Redis holds a mark */
	char *mark; /* owned: what an earlier router left; NULL if nothing */
	struct slice mark_events, mark_deliveries; /* views of mark */
	struct settled_one *partial;		   /* owned */
	size_t n_partial, size_partial;
	size_t n_events;
	struct event events[];
};

/* Takes ownership of bytes (malloc'd) on success; on an error the caller keeps
 * them. ERR_MALFORMED, ERR_VERSION. Comes with one pin, for the list. */
MUST_CHECK enum err batch_decode(char *bytes, size_t n, uint64_t seq,
				 uint64_t now_ms, struct batch **out);
/* A batch of this one event alone, with bytes of its own, in no log. */
struct batch *batch_of_event(const struct event *e);
struct batch *batch_pin(struct batch *b);
/* Frees it with the last pin. Returns the bytes freed, else 0. */
size_t batch_unpin(struct batch *b);

/* What an earlier router has settled; frame is copied. Bad bytes are ignored.
 */
void batch_set_mark(struct batch *b, struct slice frame);
bool batch_event_was_settled(const struct batch *b, size_t event);
bool batch_delivery_was_settled(const struct batch *b, const struct ulid *id);

void batch_open(struct event *e);
/* Takes an open back that no delivery was made for: who makes an event's
 * deliveries one by one holds it open himself, so that the first, settled at
 * once, is not all there is of it. */
void batch_close(struct event *e);
/* One delivery of the event need not be kept by the log any more. */
void batch_settle(struct event *e, const struct ulid *delivery);
/* Every event matched and nothing open: the entry may go. */
bool batch_is_settled(const struct batch *b);
/* Appends a frame of one mark that says what is settled so far. */
void batch_encode_mark(struct batch *b, struct buf *out);
/* Appends a frame of this one event. */
void event_encode(const struct event *e, struct buf *out);

#endif
