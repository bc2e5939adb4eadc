/*
 * signing - the secrets that requests are signed with, as text and as keys.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The texts are those of Standard Webhooks: "whsec_" and base64 of 24 to 64
 * bytes for HMAC-SHA256 (v1); for ed25519 (v1a) "whsk_" and base64 of the seed,
 * with or without the public key behind it, and "whpk_" for the public key.
 */
#ifndef STORE_SIGNING_H
#define STORE_SIGNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

#define SIGNING_SECRETS_MAX 8
/* Of any text of ours, with its NUL. */
#define SIGNING_TEXT_SIZE 128
#define ED25519_BYTES 32

enum signing_kind { SIGNING_HMAC, SIGNING_ED25519 };

struct signing_secret {
	enum signing_kind kind;
	uint8_t key[64]; /* HMAC: 24 to 64 bytes; ed25519: the seed */
	size_t n;
	/* Wall clock; 0: no end (rotation keeps the old for 24 h). */
	uint64_t until_ms;
};

/* As the API calls them: "hmac-sha256", "ed25519". */
const char *signing_kind_name(enum signing_kind kind);
bool signing_kind_parse(const char *name, enum signing_kind *kind);

/* Leaves until_ms alone. ERR_BAD_VALUE: another length, or a public half that
 * does not belong to the seed. */
MUST_CHECK enum err signing_secret_parse(struct slice text,
					 struct signing_secret *secret);
/* Made of random bytes; the caller wipes it. */
void signing_secret_new(enum signing_kind kind, char text[SIGNING_TEXT_SIZE]);
/* "whpk_…" of an ed25519 secret. */
void signing_public_text(const struct signing_secret *secret,
			 char text[SIGNING_TEXT_SIZE]);

#endif
