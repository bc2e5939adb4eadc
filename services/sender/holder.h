/*
 * holder - the access tokens that this sender has in memory, one holder for
 * each credential, and the tasks that wait for one.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Decides when a token may be used, when another has to be asked for, and what
 * a task is told that cannot have one. Bounded in credentials and in waiting
 * tasks. Pure: time is an argument, asks and versions are callbacks, and a task
 * that need not wait any longer goes back to the queue, to be started anew.
 */
#ifndef SENDER_HOLDER_H
#define SENDER_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ulid.h"
#include "bearer.h"
#include "proto/message.h"
#include "queue.h"

struct holders;

/* It may get lost: it is asked again while a task waits. */
typedef void holder_ask_fn(void *arg, const struct msg_token_ask *ask);
/* Of the credential as it is known here; 0: not at all. */
typedef uint64_t holder_version_fn(void *arg, const struct ulid *credential);

struct holders_options {
	const uint8_t *master_key; /* borrowed for ever; NULL: unset */
	struct queue *queue;	   /* the same */
	size_t waiting_max;	   /* tasks, in all */
	uint64_t wait_ms;	   /* how long one may wait */
	holder_ask_fn *ask;
	holder_version_fn *version_of;
	void *arg; /* borrowed */
};

/* now_ms is monotonic, wall_ms is not. */
struct holder_time {
	uint64_t now_ms, wall_ms;
};

/* What is to become of a task. */
struct admission {
	enum {
		ADMISSION_GRANTED,
		ADMISSION_WAITS,   /* it was taken; the queue gets it back */
		ADMISSION_UNKNOWN, /* no such credential has been heard of */
		ADMISSION_REFUSED, /* there is no token to be had */
	} kind;
	const char *error; /* why it is refused; until the next call */
	uint64_t retry_after_ms;
};

struct holders *holders_new(const struct holders_options *options);
/* Waiting tasks go back to the queue. */
void holders_free(struct holders **hs);

/* A token that is good now, borrowed; asks for the next one when it is time.
 * NULL: holders_want(). */
struct bearer *holders_use(struct holders *hs, const struct ulid *credential,
			   uint64_t wall_ms);
/* What is to become of a task that needs a token where there is none; it is not
 * granted. */
struct admission holders_want(struct holders *hs, const struct ulid *credential,
			      struct task *t, const struct holder_time *time);
/* A receiver has answered 401 to it. True: it is not used any more. False:
 * another has taken its place, or there was none not long ago. */
bool holders_reject(struct holders *hs, const struct bearer *b,
		    uint64_t wall_ms);
/* False: nobody has asked for this. */
bool holders_answer(struct holders *hs, const struct msg_token *m,
		    uint64_t wall_ms);

/* The credential is another one now, or gone. */
void holders_look(struct holders *hs, const struct ulid *credential);
/* Perhaps any of them. */
void holders_look_at_all(struct holders *hs);
/* All waiting tasks go back to the queue. */
void holders_recall(struct holders *hs);

/* The next task that has waited too long, NULL when there is none. */
struct task *holders_pop_expired(struct holders *hs, uint64_t now_ms);
/* Repeats asks that tasks wait for: those that are old, or all. */
void holders_ask_again(struct holders *hs, uint64_t now_ms, bool all);
/* To be called now and then: forgets what is of no use any more. */
void holders_trim(struct holders *hs, uint64_t wall_ms);

size_t holders_tokens(const struct holders *hs);  /* in memory */
size_t holders_waiting(const struct holders *hs); /* tasks */

#endif
