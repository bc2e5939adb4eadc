/*
 * grant_answer - what a token server said (RFC 6749 sections 5.1 and 5.2).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing in it is trusted: what is shown to people is cleaned and cut, what
 * goes into a header is looked at byte by byte. Pure.
 */
#ifndef TOKENS_GRANT_ANSWER_H
#define TOKENS_GRANT_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "store/oauth_error.h"

struct credential;

#define GRANT_LIFETIME_S_MAX (10ull * 365 * 24 * 3600)

struct grant_answer {
	bool ok;
	char *token;	     /* owned, NUL-terminated, wiped; NULL: none */
	uint64_t lifetime_s; /* 0: it was not told */
	char error[OAUTH_ERROR_SIZE];	    /* "oauth_..."; "": none */
	char oauth_error[OAUTH_ERROR_SIZE]; /* the server's own */
	char detail[ERROR_BYTES_MAX + 1];
	char token_type[OAUTH_ERROR_SIZE];
	char scope[ERROR_BYTES_MAX + 1];
};

void grant_answer_parse(unsigned status, struct slice content_type,
			struct slice body, struct grant_answer *answer);
void grant_answer_fini(struct grant_answer *answer);
/* Takes out whatever repeats a secret of the credential's, an assertion or the
 * token. */
void grant_answer_scrub(struct grant_answer *answer,
			const struct credential *c);
/* It may go by itself. */
bool grant_error_is_temporary(const char *error);

#endif
