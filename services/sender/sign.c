/*
 * sign - HMAC-SHA256 with prepared keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sign.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/mem.h"

#define DIGEST_BYTES 32

struct signer {
	size_t n;
	struct {
		EVP_MAC_CTX *mac; /* owned; keyed */
		uint64_t until_ms;
	} keys[SIGNING_SECRETS_MAX];
};

static EVP_MAC_CTX *mac_new(EVP_MAC *hmac, const struct signing_secret *secret)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);

	must(ctx);
	must(EVP_MAC_init(ctx, secret->key, secret->n, params) == 1);
	return ctx;
}

struct signer *signer_new(const struct signing_secret *secrets, size_t n)
{
	struct signer *s = xcalloc(1, sizeof(*s));
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	must(hmac && n <= SIGNING_SECRETS_MAX);
	for (size_t i = 0; i < n; i++) {
		s->keys[i].mac = mac_new(hmac, &secrets[i]);
		s->keys[i].until_ms = secrets[i].until_ms;
	}
	s->n = n;
	EVP_MAC_free(hmac);
	return s;
}

void signer_free(struct signer **sp)
{
	struct signer *s = *sp;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		EVP_MAC_CTX_free(s->keys[i].mac); /* wipes the key state */
	free(s);
	*sp = NULL;
}

static void update(EVP_MAC_CTX *mac, struct slice s)
{
	must(EVP_MAC_update(mac, (const unsigned char *)s.p, s.n) == 1);
}

static char *sign_one(EVP_MAC_CTX *mac, const struct slice *parts, char *out)
{
	unsigned char digest[DIGEST_BYTES];
	size_t n = 0;

	/* Without a key: the same key again. */
	must(EVP_MAC_init(mac, NULL, 0, NULL) == 1);
	update(mac, parts[0]);
	update(mac, SLICE_LIT("."));
	update(mac, parts[1]);
	update(mac, SLICE_LIT("."));
	update(mac, parts[2]);
	must(EVP_MAC_final(mac, digest, &n, sizeof(digest)) == 1);
	memcpy(out, "v1,", 3);
	out += 3;
	return out + EVP_EncodeBlock((unsigned char *)out, digest, (int)n);
}

size_t signer_sign(struct signer *s, struct slice id, struct slice timestamp,
		   struct slice body, uint64_t wall_now_ms,
		   char out[SIGNATURE_SIZE])
{
	const struct slice parts[] = {id, timestamp, body};
	char *p = out;

	for (size_t i = 0; i < s->n; i++) {
		uint64_t until_ms = s->keys[i].until_ms;

		if (until_ms && until_ms <= wall_now_ms)
			continue;
		if (p != out)
			*p++ = ' ';
		p = sign_one(s->keys[i].mac, parts, p);
	}
	*p = '\0';
	return (size_t)(p - out);
}
