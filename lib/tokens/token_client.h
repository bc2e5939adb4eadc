/*
 * token_client - asks the tokens processes for access tokens.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each credential is asked for at one of them, the same for all who ask as long
 * as they see the same processes. An ask is a hint: it is lost with the process
 * that has it, and whoever still wants an answer asks again when
 * token_client_follow() says so, or after a while.
 */
#ifndef TOKENS_TOKEN_CLIENT_H
#define TOKENS_TOKEN_CLIENT_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/ulid.h"
#include "proto/message.h"
#include "store/registry.h"

struct token_client;

/* m dies when it returns. */
typedef void token_answer_fn(void *arg, const struct msg_token *m);

struct token_client_options {
	uv_loop_t *loop;
	const struct curve *curve; /* or NULL; borrowed */
	token_answer_fn *on_answer;
	void *arg;	     /* borrowed */
	uint64_t *malformed; /* counter */
};

struct token_client *
token_client_new(const struct token_client_options *options);
/* Memory of handles is freed by the loop: run it once more. */
void token_client_free(struct token_client **c);
/* Links to every tokens process that is alive. True: they are others than
 * before, and what has been asked may be lost. */
bool token_client_follow(struct token_client *c,
			 const struct registry *registry);
/* ERR_NOT_FOUND: there is no tokens process. ERR_AGAIN: it does not keep up. */
MUST_CHECK enum err token_client_ask(struct token_client *c,
				     const struct msg_token_ask *ask);

/* How much a process is the one for a credential: the one with most is. Pure.
 */
uint64_t token_claim(const char *instance, const struct ulid *credential);

#endif
