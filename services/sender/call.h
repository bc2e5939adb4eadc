/*
 * call - a journey's call, rendered into the request that is to be made.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Knows no curl. Holds secrets: wiped on free.
 */
#ifndef SENDER_CALL_H
#define SENDER_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "net/url.h"
#include "plan.h"
#include "task.h"

struct call {
	const char *url;
	struct url_parts at; /* of it */
	struct slice body;   /* p is never NULL */
	size_t n_lines;
	char **lines; /* the webhook's own headers: "Name: value" */
	size_t size;  /* private: of all of it */
};

struct caller;

/* dev: http:// is allowed. */
struct caller *caller_new(bool dev);
void caller_free(struct caller **c);
/* The request of this task, whose plan is a journey's; the caller owns it. NULL
 * with a text: it can never be made. */
struct call *caller_render(struct caller *c, const struct plan *plan,
			   const struct task *t, uint64_t wall_now_ms,
			   char *error, size_t error_size);
void call_free(struct call **call);

/* Whether the whole answer is wanted, for caller_take(). */
bool caller_keeps(const struct plan *plan, const struct task *t);
/* What is kept of an answer, valid until the next call. False with a text:
 * nothing can be. cut: more of it came. */
bool caller_take(struct caller *c, const struct plan *plan,
		 const struct task *t, struct slice answer, bool cut,
		 struct slice *values, char *error, size_t error_size);
/* Whether an attempt has failed of which nothing could be taken: what a later
 * step of the journey needs is not there. */
bool caller_needs(const struct task *t);

#endif
