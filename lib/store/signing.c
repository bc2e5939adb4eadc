/*
 * signing - texts of Standard Webhooks, and what is in them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/signing.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

#define HMAC_BYTES_MIN 24
#define HMAC_BYTES_NEW 32

static const char *const names[] = {
    [SIGNING_HMAC] = "hmac-sha256",
    [SIGNING_ED25519] = "ed25519",
};
static const char *const prefixes[] = {
    [SIGNING_HMAC] = "whsec_",
    [SIGNING_ED25519] = "whsk_",
};

const char *signing_kind_name(enum signing_kind kind)
{
	return names[kind];
}

bool signing_kind_parse(const char *name, enum signing_kind *kind)
{
	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*kind = (enum signing_kind)i;
			return true;
		}
	return false;
}

static void public_key(const uint8_t *seed, uint8_t out[ED25519_BYTES])
{
	size_t n = ED25519_BYTES;
	EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
						      seed, ED25519_BYTES);

	must(pair && EVP_PKEY_get_raw_public_key(pair, out, &n) == 1);
	EVP_PKEY_free(pair);
}

static void to_text(const char *prefix, struct slice bytes,
		    char text[SIGNING_TEXT_SIZE])
{
	struct buf out;

	buf_init(&out, SIGNING_TEXT_SIZE);
	buf_append_str(&out, prefix);
	base64_encode(&out, bytes);
	must(!buf_full(&out) &&
	     slice_cstr(text, SIGNING_TEXT_SIZE, buf_slice(&out)));
	explicit_bzero(out.p, out.size);
	buf_fini(&out);
}

static enum err take_key(const struct buf *bytes, struct signing_secret *s)
{
	const uint8_t *p = (const uint8_t *)bytes->p;
	uint8_t public[ED25519_BYTES];

	if (s->kind == SIGNING_HMAC) {
		if (bytes->n < HMAC_BYTES_MIN || bytes->n > sizeof(s->key))
			return ERR_BAD_VALUE;
		s->n = bytes->n;
	} else {
		if (bytes->n != ED25519_BYTES && bytes->n != 2 * ED25519_BYTES)
			return ERR_BAD_VALUE;
		public_key(p, public);
		if (bytes->n > ED25519_BYTES &&
		    memcmp(public, p + ED25519_BYTES, ED25519_BYTES) != 0)
			return ERR_BAD_VALUE;
		s->n = ED25519_BYTES;
	}
	memcpy(s->key, p, s->n);
	return ERR_OK;
}

static bool take_prefix(struct slice *text, struct signing_secret *s)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i]);

		if (text->n <= n || memcmp(text->p, prefixes[i], n) != 0)
			continue;
		s->kind = (enum signing_kind)i;
		*text = slice_bytes(text->p + n, text->n - n);
		return true;
	}
	return false;
}

enum err signing_secret_parse(struct slice text, struct signing_secret *secret)
{
	struct buf bytes;
	enum err e;

	if (!take_prefix(&text, secret))
		return ERR_MALFORMED;
	buf_init(&bytes, 512);
	e = base64_decode(&bytes, text);
	if (e == ERR_OK)
		e = take_key(&bytes, secret);
	if (bytes.p)
		explicit_bzero(bytes.p, bytes.size);
	buf_fini(&bytes);
	return e;
}

void signing_secret_new(enum signing_kind kind, char text[SIGNING_TEXT_SIZE])
{
	uint8_t key[2 * ED25519_BYTES];
	size_t n = HMAC_BYTES_NEW;

	rng_bytes(key, HMAC_BYTES_NEW);
	if (kind == SIGNING_ED25519) {
		public_key(key, key + ED25519_BYTES);
		n = sizeof(key);
	}
	to_text(prefixes[kind], slice_bytes(key, n), text);
	explicit_bzero(key, sizeof(key));
}

void signing_public_text(const struct signing_secret *secret,
			 char text[SIGNING_TEXT_SIZE])
{
	uint8_t public[ED25519_BYTES];

	must(secret->kind == SIGNING_ED25519);
	public_key(secret->key, public);
	to_text("whpk_", slice_bytes(public, sizeof(public)), text);
}
