/*
 * assertion - a JWT with which a client proves who it is (RFC 7523 section 3,
 * RFC 7519, RFC 7515).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TOKENS_ASSERTION_H
#define TOKENS_ASSERTION_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define ASSERTION_LIFETIME_S 60
/* Of each, whatever the key: {"alg": in base64. */
#define ASSERTION_START "eyJhbGciOi"

struct assertion {
	const char *client_id, *audience;
	const char *key;    /* PEM: RSA (RS256) or P-256 (ES256) */
	const char *key_id; /* NULL: none is told */
	uint64_t wall_ms;
};

/* Appends it to out. ERR_CRYPTO: the key is none, or none of those. */
MUST_CHECK enum err assertion_make(const struct assertion *a, struct buf *out);

#endif
