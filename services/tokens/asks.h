/*
 * asks - who waits for a token, and the answers to them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure but for the clock's times, which are arguments; the frames that it makes
 * are sent by the caller.
 */
#ifndef TOKENS_ASKS_H
#define TOKENS_ASKS_H

#include "base/buf.h"
#include "base/list.h"
#include "grant.h"
#include "proto/message.h"

#define ASK_IDENTITY_MAX 64

/* One that waits; owned by the list that it is in. */
struct ask {
	struct list node;
	char identity[ASK_IDENTITY_MAX]; /* of the socket it came from */
	size_t identity_n;
	uint64_t since_us;
	/* Its slices lead nowhere: the credential is the grant's. */
	struct msg_token_ask m;
};

/* Into the list. Whoever had asked before and asks again takes the place of
 * what it asked then; an ask for a test stands by itself. True: one more. */
bool asks_add(struct list *asks, struct slice identity,
	      const struct msg_token_ask *m, uint64_t now_us);
void ask_free(struct ask *ask);

/* What an answer says besides the token. */
struct answer {
	uint64_t ask, version, retry_ms;
	const char *error;   /* "": none */
	struct slice report; /* n == 0: none */
	bool good;	     /* there is a token */
};

void answer_encode(const struct grant *g, const struct answer *answer,
		   struct buf *frame);

#endif
