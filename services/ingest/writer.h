/*
 * writer - one partition's appends, one at a time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * While an append is under way the next batch fills. One whose answer was lost
 * is repeated under the same number until Redis answers. Borrows the
 * connection, and the publications until it has told what became of them.
 */
#ifndef INGEST_WRITER_H
#define INGEST_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/slice.h"
#include "io/metrics.h"
#include "io/redis.h"
#include "proto/message.h"
#include "store/keys.h"

#include "publication.h"

#define NUMBER_SIZE 48
#define BATCH_SIZES 5

struct writer;
struct witness;

struct writer_metrics {
	uint64_t *batches, *repeats;
	uint64_t
	    *batch_sizes[BATCH_SIZES]; /* up to 1, 8, 64, 256 and more events */
	struct histogram *append_time;
};

/* What all writers of a process share; append fills it and owns what it names.
 */
struct writer_context {
	struct redis *redis;
	size_t script;	      /* append.lua's number */
	uint64_t boot;	      /* another one in every life */
	uint64_t next_number; /* of a batch */
	uint64_t serial;      /* of the publication at hand, from 1 */
	size_t batch_events_max, batch_bytes_max;
	bool closing;
	/* With replicas to wait for: the round that covers what is asked now.
	 * NULL: none are waited for. */
	struct witness *witness;
	char idempotency_ms[NUMBER_SIZE];
	char in_suffix[KEY_SIZE];
	struct writer_metrics m;
	/* A batch is in the log; frame is malloc'd and the callee's. */
	void (*appended)(void *arg, uint64_t partition, uint64_t seq,
			 char *frame, size_t n);
	/* The last part of a publication has been done. */
	void (*finished)(void *arg, struct publication *p);
	void (*refused)(void *arg, struct publication *p,
			const struct fault *fault);
	/* Call writer_next() when this turn of the loop is over. */
	void (*dirty)(void *arg, struct writer *w);
	/* Call writer_wake() after a while. */
	void (*held)(void *arg);
	void *arg; /* borrowed */
};

struct writer *writer_new(struct writer_context *c, uint64_t partition);
/* Whatever is left is refused. */
void writer_free(struct writer **w, const struct fault *fault);
/* The node by which its owner keeps it among the dirty ones. */
struct list *writer_node(struct writer *w);
struct writer *writer_of_node(struct list *node);

/* What has its partition's log can be asked. */
bool writer_is_reached(const struct writer *w);
/* Event number position of p, whose ids[position] is set. */
void writer_add(struct writer *w, struct publication *p, size_t position,
		struct msg_event *e, struct slice idem_key);
/* Asks Redis, if it is up and there is something to ask. */
void writer_next(struct writer *w);
/* Enough replicas have what was asked in this round and before. */
void writer_confirm(struct writer *w, uint64_t round);
/* The connection has gone: Redis may be another one from now on. */
void writer_doubt(struct writer *w);
/* Marks itself dirty, and true, when something is to be tried again. */
bool writer_wake(struct writer *w);
/* Those that have not been sent: nothing of them can be in Redis. */
void writer_refuse_waiting(struct writer *w, const struct fault *fault);

#endif
