/*
 * auth - who is calling?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>

#include "base/text.h"

/* Digests are compared, so that neither content nor length shows in the time.
 */
static bool same_secret(struct slice a, struct slice b)
{
	uint8_t x[32], y[32];

	return EVP_Digest(a.p, a.n, x, NULL, EVP_sha256(), NULL) == 1 &&
	       EVP_Digest(b.p, b.n, y, NULL, EVP_sha256(), NULL) == 1 &&
	       CRYPTO_memcmp(x, y, sizeof(x)) == 0;
}

bool auth_check(const struct config *config, const char *admin_key,
		const char *authorization, struct caller *caller)
{
	struct slice token = slice_of(authorization);
	const struct api_key *key;

	if (token.n <= 7 ||
	    !slice_eq_nocase(slice_bytes(token.p, 7), SLICE_LIT("bearer ")))
		return false;
	token = slice_bytes(token.p + 7, token.n - 7);
	if (admin_key && *admin_key &&
	    same_secret(token, slice_of(admin_key))) {
		*caller = (struct caller){.admin = true};
		return true;
	}
	key = config_key(config, token);
	if (!key)
		return false;
	*caller =
	    (struct caller){.admin = !key->project, .project = key->project};
	return true;
}
