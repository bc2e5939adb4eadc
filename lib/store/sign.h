/*
 * sign - signatures of Standard Webhooks over "<id>.<timestamp>.<body>":
 * HMAC-SHA256 (v1) and ed25519 (v1a).
 * SPDX-License-Identifier: Apache-2.0
 *
 * The key of each secret is prepared once. Holds secrets: wiped on free.
 */
#ifndef STORE_SIGN_H
#define STORE_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "store/signing.h"

/* "v1a," and 88 characters of base64 and a space for each at most, and a NUL.
 */
#define SIGNATURE_SIZE (SIGNING_SECRETS_MAX * 93 + 1)

struct signer;

/* Copies what it needs. n may be 0. */
struct signer *signer_new(const struct signing_secret *secrets, size_t n);
void signer_free(struct signer **s);
/* One value for each secret that is live at this time, space-separated; returns
 * the length without the NUL, 0 when no secret is live. */
size_t signer_sign(struct signer *s, struct slice id, struct slice timestamp,
		   struct slice body, uint64_t wall_now_ms,
		   char out[SIGNATURE_SIZE]);

#endif
