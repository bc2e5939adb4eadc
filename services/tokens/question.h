/*
 * question - the token request of a credential (RFC 6749 section 4.4.2, RFC
 * 7523 section 2.2, RFC 8707). SPDX-License-Identifier: Apache-2.0
 */
#ifndef TOKENS_QUESTION_H
#define TOKENS_QUESTION_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct credential;

#define QUESTION_BYTES_MAX (256 * 1024)

/* Holds secrets: wiped by fini. */
struct question {
	struct buf body;     /* application/x-www-form-urlencoded */
	char *authorization; /* owned: a header line; NULL: none */
};

/* On an error *fault is a static text that names the field, and the question is
 * empty. */
MUST_CHECK enum err question_make(const struct credential *c, uint64_t wall_ms,
				  struct question *q, const char **fault);
void question_fini(struct question *q);

/* As HTML forms do, and RFC 6749 appendix B. */
void form_encode(struct buf *out, struct slice in);

#endif
