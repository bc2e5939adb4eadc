/*
 * holder_world - one credential, and the tokens process that the tests of
 * holder play.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_HOLDER_WORLD_H
#define TESTS_HOLDER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "holder.h"

#define WAIT_MS 5000
#define WAITING_MAX 3
#define NOW_MS 10000 /* monotonic */
#define WALL_MS 1795421805000u
#define USE_MS 600000 /* how long a token is good */
#define RENEW_MS 500000

/* What a test has: a credential at version 3, and what was asked so far. */
struct world {
	struct holders *hs;
	struct queue queue;
	struct ulid id;
	uint64_t version;
	size_t asks;
	struct msg_token_ask ask; /* the last one; without its id */
};

/* For cmocka: *state is a struct world. */
int setup(void **state);
int teardown(void **state);
struct task *task(uint64_t number);
/* The rest speaks of so many ms after NOW_MS and WALL_MS. A delivery wants a
 * token: what comes of it. */
struct admission want(struct world *w, struct task *t, uint64_t after_ms);
/* It wants one and waits. */
void waits(struct world *w, uint64_t number, uint64_t after_ms);
/* It wants one and goes back with this. */
void refused(struct world *w, uint64_t after_ms, const char *error,
	     uint64_t retry_after_ms);
/* The token in memory, which is borrowed. */
struct bearer *use(struct world *w, uint64_t after_ms);
void uses(struct world *w, uint64_t after_ms, uint64_t number);
/* The next delivery that waits no more has this number. */
void ready(struct world *w, uint64_t number);
/* What the last ask is answered with, but for m. */
bool answer(struct world *w, uint64_t after_ms, struct msg_token m);
void answer_text(struct world *w, uint64_t after_ms, const char *token,
		 struct msg_token m);
void answer_token(struct world *w, uint64_t after_ms, uint64_t number);
void answer_error(struct world *w, uint64_t after_ms, const char *error,
		  uint64_t retry_ms);
/* The token 7, held from the beginning. */
void hold(struct world *w);

#endif
