/*
 * batch - the events that go into a partition's log as one entry.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Gathers records and remembers whose they are; decides which of them are
 * repeats of one another. Knows neither Redis nor sockets.
 */
#ifndef INGEST_BATCH_H
#define INGEST_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/slice.h"
#include "base/ulid.h"
#include "proto/message.h"

#include "publication.h"

struct batch;

struct batch *batch_new(uint64_t partition);
/* Its publications are not told. */
void batch_free(struct batch **b);
/* The node by which its owner keeps it in a list. */
struct list *batch_node(struct batch *b);
struct batch *batch_of_node(struct list *node);

size_t batch_count(const struct batch *b);
size_t batch_bytes(const struct batch *b);
/* Event number position of p. e->id gets a new id. idem_key: the whole name of
 * its key in Redis, n 0: none. */
void batch_add(struct batch *b, struct publication *p, size_t position,
	       struct msg_event *e, struct slice idem_key);

/* The log entry's frame, of the events that are still to be appended; valid
 * until the batch changes. Repeats within the batch are left out. */
struct slice batch_frame(struct batch *b);
/* How many are in that frame, and those of them that have an idempotency key.
 */
size_t batch_live(const struct batch *b);
size_t batch_keys(const struct batch *b);
/* Key number i of them and its event's id. */
void batch_key_at(const struct batch *b, size_t i, struct slice *key,
		  struct slice *id);
/* The key number i of the last frame is taken by this event. */
void batch_taken(struct batch *b, size_t i, const struct ulid *id);
/* None is taken any more: whoever said so may have been wrong. */
void batch_untake(struct batch *b);
/* The frame's memory, for free(); the batch is only good for batch_confirm
 * then. */
char *batch_take_frame(struct batch *b, size_t *n);

/* Tells every publication its ids and repeats, and that this part is done;
 * calls finished for each that has no part left. */
void batch_confirm(struct batch *b,
		   void (*finished)(void *arg, struct publication *p),
		   void *arg);
/* Takes out what may be refused, which is all but held publications, or all;
 * calls refused for each. True when nothing is left. */
bool batch_refuse(struct batch *b, bool all,
		  void (*refused)(void *arg, struct publication *p), void *arg);

#endif
