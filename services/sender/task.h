/*
 * task - one task of a router, copied off its frame.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SENDER_TASK_H
#define SENDER_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/slice.h"
#include "base/ulid.h"
#include "proto/message.h"

struct bearer;
struct call;
struct earlier;

struct task {
	struct list node; /* in the queue it waits in */
	uint64_t link;	  /* the router's link: looked up, never pointed to */
	uint64_t number;  /* the router's own, echoed */
	uint64_t version; /* of the webhook, at the least */
	uint64_t attempt; /* 1 is the first */
	uint64_t start_by_ms;	   /* wall clock; 0: any time */
	uint64_t taken_us;	   /* now_us() at its arrival */
	uint64_t parked_until_ms;  /* now_ms(); set while it is parked */
	uint64_t wanting_since_ms; /* a token; now_ms(); 0: it is not */
	struct ulid event, webhook;
	struct bearer *bearer;	 /* one reference; NULL: no token */
	struct earlier *earlier; /* owned; NULL: this is the first try */
	bool trace;		 /* a test send */
	/* Of a journey's call; the slices are of the bytes behind the body. */
	uint64_t tile;
	struct slice params, stored;
	struct call *call; /* owned; rendered for the try under way */
	char *error;	   /* owned; in the place of the verdict's, or NULL */
	size_t body_n;
	char body[];
};

/* NULL when the ids are not ids. The caller owns it. */
struct task *task_new(uint64_t link, const struct msg_task *m);
void task_free(struct task **t);

static inline struct slice task_body(const struct task *t)
{
	return slice_bytes(t->body, t->body_n);
}

/* What it takes of a queue's room. */
static inline size_t task_bytes(const struct task *t)
{
	return t->body_n + t->params.n + t->stored.n;
}

#endif
