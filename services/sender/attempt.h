/*
 * attempt - one HTTP try of one task, from its plan to its result.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns the task while it runs. Knows neither Redis nor ZeroMQ: once started,
 * on_result hears what became of it exactly once, also when the transfer could
 * not even begin, but never from inside attempt_start(). In its place
 * on_refused may: then the task can be started once more, with another token.
 */
#ifndef SENDER_ATTEMPT_H
#define SENDER_ATTEMPT_H

#include <stddef.h>
#include <uv.h>

#include "plan.h"
#include "proto/message.h"
#include "net/egress.h"
#include "net/target.h"
#include "task.h"

struct attempts;

/* The task's memory and everything in r die when it returns. */
typedef void attempt_result_fn(void *arg, const struct task *t,
			       const struct msg_result *r);

/* A receiver has answered 401 to the token of the task, which is its first try:
 * takes the task. r dies when it returns. */
typedef void attempt_refused_fn(void *arg, struct task *t,
				const struct msg_result *r);

struct attempts_options {
	uv_loop_t *loop;
	const struct target_rules *rules;     /* borrowed for ever */
	const struct egress_sources *sources; /* the same */
	const char *proxy;		      /* the same; NULL: none */
	const char *ca_file; /* borrowed for ever; NULL: default */
	bool dev;
	size_t running_max;
	attempt_result_fn *on_result;
	attempt_refused_fn *on_refused;
	void *arg; /* borrowed */
};

/* NULL with a text in error: libcurl lacks what we need. */
struct attempts *attempts_new(const struct attempts_options *options,
			      char *error, size_t error_size);
/* Transfers under way are given up without a result. Memory of handles is freed
 * by the loop: run it once more. */
void attempts_free(struct attempts **a);

/* Takes the task, which has its token if the plan wants one. wall_now_ms: of
 * this moment. */
void attempt_start(struct attempts *a, struct plan *plan, struct task *t,
		   uint64_t wall_now_ms);
/* To be called in every turn of the loop before it waits, until it is no longer
 * due. */
void attempts_turn(struct attempts *a);
bool attempts_due(const struct attempts *a);
/* To be called now and then: gives back what long has not been used, and gives
 * up look-ups that take too long. */
void attempts_trim(struct attempts *a);
size_t attempts_running(const struct attempts *a);
size_t attempts_connections(const struct attempts *a);

#endif
