/*
 * seal - AES-256-GCM by OpenSSL, as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/seal.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

#define PREFIX "sealed:1:"
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define SECRET_BYTES_MAX (1024 * 1024)

enum err seal_key_parse(struct slice hex, uint8_t key[SEAL_KEY_BYTES])
{
	if (hex.n != 2 * SEAL_KEY_BYTES)
		return ERR_MALFORMED;
	for (size_t i = 0; i < SEAL_KEY_BYTES; i++) {
		int high = hex_value(hex.p[2 * i]);
		int low = hex_value(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return ERR_MALFORMED;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return ERR_OK;
}

bool is_sealed(struct slice text)
{
	return text.n > sizeof(PREFIX) - 1 &&
	       memcmp(text.p, PREFIX, sizeof(PREFIX) - 1) == 0;
}

/* out: nonce, ciphertext, tag. */
static bool encrypt(EVP_CIPHER_CTX *c, const uint8_t *key, struct slice context,
		    struct slice secret, uint8_t *out)
{
	uint8_t *text = out + NONCE_BYTES;
	int n;

	rng_bytes(out, NONCE_BYTES);
	return EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, out) == 1 &&
	       EVP_EncryptUpdate(c, NULL, &n, (const uint8_t *)context.p,
				 (int)context.n) == 1 &&
	       EVP_EncryptUpdate(c, text, &n, (const uint8_t *)secret.p,
				 (int)secret.n) == 1 &&
	       EVP_EncryptFinal_ex(c, text + n, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
				   text + secret.n) == 1;
}

enum err seal(const uint8_t key[SEAL_KEY_BYTES], struct slice context,
	      struct slice secret, struct buf *out)
{
	size_t n = NONCE_BYTES + secret.n + TAG_BYTES;
	EVP_CIPHER_CTX *c;
	uint8_t *raw;
	bool ok;

	if (secret.n > SECRET_BYTES_MAX)
		return ERR_TOO_LARGE;
	c = EVP_CIPHER_CTX_new();
	raw = xmalloc(n);
	ok = c && encrypt(c, key, context, secret, raw);
	if (ok) {
		buf_append_str(out, PREFIX);
		base64_encode(out, slice_bytes(raw, n));
	}
	EVP_CIPHER_CTX_free(c);
	free(raw);
	if (!ok)
		return ERR_CRYPTO;
	return buf_full(out) ? ERR_FULL : ERR_OK;
}

/* raw: nonce, ciphertext, tag; the secret goes to text. */
static bool decrypt(EVP_CIPHER_CTX *c, const uint8_t *key, struct slice context,
		    struct buf *raw, uint8_t *text)
{
	uint8_t *p = (uint8_t *)raw->p;
	size_t bytes = raw->n - NONCE_BYTES - TAG_BYTES;
	int n;

	return EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, p) == 1 &&
	       EVP_DecryptUpdate(c, NULL, &n, (const uint8_t *)context.p,
				 (int)context.n) == 1 &&
	       EVP_DecryptUpdate(c, text, &n, p + NONCE_BYTES, (int)bytes) ==
		   1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES,
				   p + NONCE_BYTES + bytes) == 1 &&
	       EVP_DecryptFinal_ex(c, text + n, &n) == 1;
}

static enum err open_raw(const uint8_t *key, struct slice context,
			 struct buf *raw, struct buf *out)
{
	size_t overhead = NONCE_BYTES + TAG_BYTES;
	EVP_CIPHER_CTX *c;
	char *text;
	bool ok;

	if (raw->n < overhead || buf_full(raw))
		return ERR_CRYPTO;
	/* One byte more, so that an empty secret has a place too. */
	text = buf_reserve(out, raw->n - overhead + 1);
	if (!text)
		return ERR_FULL;
	c = EVP_CIPHER_CTX_new();
	ok = c && decrypt(c, key, context, raw, (uint8_t *)text);
	EVP_CIPHER_CTX_free(c);
	if (!ok)
		return ERR_CRYPTO;
	out->n += raw->n - overhead;
	return ERR_OK;
}

enum err unseal(const uint8_t key[SEAL_KEY_BYTES], struct slice context,
		struct slice sealed, struct buf *out)
{
	size_t skip = sizeof(PREFIX) - 1;
	struct buf raw;
	enum err e;

	if (!is_sealed(sealed))
		return ERR_CRYPTO;
	buf_init(&raw, 2 * SECRET_BYTES_MAX);
	e = base64_decode(&raw, slice_bytes(sealed.p + skip, sealed.n - skip));
	e = e == ERR_OK ? open_raw(key, context, &raw, out) : ERR_CRYPTO;
	buf_fini(&raw);
	return e;
}

char *seal_open(const uint8_t *key, struct slice context, struct slice text)
{
	char *secret = NULL;
	struct buf out;

	if (!is_sealed(text))
		return slice_dup(text);
	buf_init(&out, SECRET_BYTES_MAX);
	if (key && unseal(key, context, text, &out) == ERR_OK)
		secret = slice_dup(buf_slice(&out));
	if (out.p)
		explicit_bzero(out.p, out.size);
	buf_fini(&out);
	return secret;
}

void secret_free(char **secret)
{
	mem_wipe(secret);
}

struct slice seal_context(char out[SEAL_CONTEXT_SIZE], struct slice id,
			  const char *path, struct slice name)
{
	int n = snprintf(out, SEAL_CONTEXT_SIZE, "%.*s/%s%s%.*s", SLICE_FMT(id),
			 path, name.n ? "." : "", SLICE_FMT(name));

	must(n > 0 && n < SEAL_CONTEXT_SIZE);
	return slice_bytes(out, (size_t)n);
}
