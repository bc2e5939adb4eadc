/*
 * seal - secrets at rest: AES-256-GCM under the master key.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sealed text is "sealed:1:" and base64 of nonce (12), ciphertext, tag (16).
 * The context (what the secret belongs to, such as "wh_…/auth.password") is
 * authenticated, so that a sealed value copied elsewhere does not open there.
 */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

#define SEAL_KEY_BYTES 32
#define SEAL_CONTEXT_SIZE 320

/* 64 hex digits; anything else is refused. */
MUST_CHECK enum err seal_key_parse(struct slice hex,
				   uint8_t key[SEAL_KEY_BYTES]);
MUST_CHECK enum err seal(const uint8_t key[SEAL_KEY_BYTES],
			 struct slice context, struct slice secret,
			 struct buf *out);
/* ERR_CRYPTO: another key, another context, or damaged. */
MUST_CHECK enum err unseal(const uint8_t key[SEAL_KEY_BYTES],
			   struct slice context, struct slice sealed,
			   struct buf *out);
bool is_sealed(struct slice text);
/* What a document holds: opened when it is sealed, else as it stands. NULL: it
 * does not open, or key is NULL. The caller ends it with secret_free(). */
char *seal_open(const uint8_t *key, struct slice context, struct slice text);
/* Wipes it. */
void secret_free(char **secret);

/* The context of one secret of a document: "<id>/<path>", and ".<name>" behind
 * it unless that is empty. Such as "wh_…/auth.password",
 * "wh_…/headers.X-Api-Key", "wh_…/signing.secrets" (for each of them),
 * "cred_…/clientSecret" and, of a token, "cred_…/token". Returns it. */
struct slice seal_context(char out[SEAL_CONTEXT_SIZE], struct slice id,
			  const char *path, struct slice name);

#endif
