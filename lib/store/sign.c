/*
 * sign - HMAC-SHA256 and ed25519 with prepared keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/sign.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define DIGEST_BYTES 32
#define ED25519_SIGNATURE_BYTES 64
/* What an ed25519 signer keeps from one message to the next. */
#define MESSAGE_KEPT_BYTES 16384

/* Either mac or the other two; owned. */
struct signing_key {
	EVP_MAC_CTX *mac; /* keyed */
	EVP_PKEY *pair;
	EVP_MD_CTX *md; /* one for each: it stays with its first pair */
	uint64_t until_ms;
};

struct signer {
	size_t n;
	struct signing_key keys[SIGNING_SECRETS_MAX];
	struct buf message; /* ed25519 takes it in one piece */
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

static void pair_new(struct signing_key *key,
		     const struct signing_secret *secret)
{
	key->pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
						 secret->key, secret->n);
	key->md = EVP_MD_CTX_new();
	must(key->pair && key->md);
}

struct signer *signer_new(const struct signing_secret *secrets, size_t n)
{
	struct signer *s = xcalloc(1, sizeof(*s));
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	must(hmac && n <= SIGNING_SECRETS_MAX);
	buf_init(&s->message, SIZE_MAX);
	for (size_t i = 0; i < n; i++) {
		s->keys[i].until_ms = secrets[i].until_ms;
		if (secrets[i].kind == SIGNING_HMAC)
			s->keys[i].mac = mac_new(hmac, &secrets[i]);
		else
			pair_new(&s->keys[i], &secrets[i]);
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
	for (size_t i = 0; i < s->n; i++) {
		/* They wipe the keys. */
		EVP_MAC_CTX_free(s->keys[i].mac);
		EVP_MD_CTX_free(s->keys[i].md);
		EVP_PKEY_free(s->keys[i].pair);
	}
	buf_fini(&s->message);
	free(s);
	*sp = NULL;
}

static void update(EVP_MAC_CTX *mac, struct slice s)
{
	must(EVP_MAC_update(mac, (const unsigned char *)s.p, s.n) == 1);
}

static char *write_value(char *out, const char *version,
			 const unsigned char *bytes, size_t n)
{
	size_t skip = strlen(version);

	memcpy(out, version, skip);
	out += skip;
	return out + EVP_EncodeBlock((unsigned char *)out, bytes, (int)n);
}

static char *sign_hmac(EVP_MAC_CTX *mac, const struct slice *parts, char *out)
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
	return write_value(out, "v1,", digest, n);
}

static struct slice join(struct buf *message, const struct slice *parts)
{
	if (message->n > 0)
		return buf_slice(message);
	buf_append_slice(message, parts[0]);
	buf_append_char(message, '.');
	buf_append_slice(message, parts[1]);
	buf_append_char(message, '.');
	buf_append_slice(message, parts[2]);
	must(!buf_full(message));
	return buf_slice(message);
}

static char *sign_ed25519(const struct signing_key *key, struct slice message,
			  char *out)
{
	unsigned char signature[ED25519_SIGNATURE_BYTES];
	size_t n = sizeof(signature);

	must(EVP_DigestSignInit(key->md, NULL, NULL, NULL, key->pair) == 1);
	must(EVP_DigestSign(key->md, signature, &n,
			    (const unsigned char *)message.p, message.n) == 1);
	return write_value(out, "v1a,", signature, n);
}

static char *sign_one(struct signer *s, const struct signing_key *key,
		      const struct slice *parts, char *out)
{
	if (key->mac)
		return sign_hmac(key->mac, parts, out);
	return sign_ed25519(key, join(&s->message, parts), out);
}

/* For the next message. */
static void forget_message(struct signer *s)
{
	if (s->message.size <= MESSAGE_KEPT_BYTES) {
		buf_reset(&s->message);
		return;
	}
	buf_fini(&s->message);
	buf_init(&s->message, SIZE_MAX);
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
		p = sign_one(s, &s->keys[i], parts, p);
	}
	*p = '\0';
	forget_message(s);
	return (size_t)(p - out);
}
