/*
 * assertion - a signed JWT.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assertion.h"

#include <jansson.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "store/private_key.h"

#define NUMBER_BYTES 32 /* of r and of s, on P-256 */
#define SIGNATURE_BYTES_MAX 2048
#define ID_BYTES_RANDOM 16

/* RFC 4648 section 5, without padding. */
static void base64url(struct buf *out, struct slice in)
{
	size_t from = out->n;

	base64_encode(out, in);
	while (out->n > from && out->p[out->n - 1] == '=')
		out->n--;
	for (size_t i = from; i < out->n; i++) {
		if (out->p[i] == '+')
			out->p[i] = '-';
		else if (out->p[i] == '/')
			out->p[i] = '_';
	}
}

/* Takes ownership of the value. */
static void add_part(struct buf *out, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	must(text);
	base64url(out, slice_of(text));
	free(text);
	json_decref(value);
}

/* From OpenSSL's DER to r and s side by side (RFC 7518 section 3.4). */
static bool flatten(uint8_t *signature, size_t *n)
{
	const uint8_t *p = signature;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)*n);
	bool ok;

	if (!sig)
		return false;
	ok = BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, NUMBER_BYTES) ==
		 NUMBER_BYTES &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + NUMBER_BYTES,
			  NUMBER_BYTES) == NUMBER_BYTES;
	ECDSA_SIG_free(sig);
	*n = 2 * (size_t)NUMBER_BYTES;
	return ok;
}

static bool sign(EVP_PKEY *key, struct slice text, struct buf *out)
{
	uint8_t signature[SIGNATURE_BYTES_MAX];
	size_t n = sizeof(signature);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok;

	ok = c && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSign(c, signature, &n, (const uint8_t *)text.p,
			    text.n) == 1 &&
	     (EVP_PKEY_is_a(key, "RSA") || flatten(signature, &n));
	EVP_MD_CTX_free(c);
	if (ok)
		base64url(out, slice_bytes(signature, n));
	return ok;
}

static json_t *header(const struct assertion *a, const char *algorithm)
{
	json_t *h = json_object();

	json_object_set_new(h, "alg", json_string(algorithm));
	json_object_set_new(h, "typ", json_string("JWT"));
	if (a->key_id)
		json_object_set_new(h, "kid", json_string(a->key_id));
	return h;
}

static json_t *claims(const struct assertion *a)
{
	json_int_t now = (json_int_t)(a->wall_ms / 1000);
	uint8_t random[ID_BYTES_RANDOM];
	json_t *c = json_object();
	struct buf id;

	rng_bytes(random, sizeof(random));
	buf_init(&id, 64);
	base64url(&id, slice_bytes(random, sizeof(random)));
	json_object_set_new(c, "iss", json_string(a->client_id));
	json_object_set_new(c, "sub", json_string(a->client_id));
	json_object_set_new(c, "aud", json_string(a->audience));
	json_object_set_new(c, "jti", json_stringn(id.p, id.n));
	json_object_set_new(c, "iat", json_integer(now));
	json_object_set_new(c, "exp", json_integer(now + ASSERTION_LIFETIME_S));
	buf_fini(&id);
	return c;
}

enum err assertion_make(const struct assertion *a, struct buf *out)
{
	const char *fault;
	EVP_PKEY *key = private_key_read(a->key, &fault);
	const char *algorithm = key ? private_key_algorithm(key, &fault) : NULL;
	size_t from = out->n;
	bool ok = false;

	if (algorithm) {
		add_part(out, header(a, algorithm));
		buf_append_char(out, '.');
		add_part(out, claims(a));
	}
	if (algorithm && !buf_full(out)) {
		struct slice text = slice_bytes(out->p + from, out->n - from);
		struct buf signature;

		buf_init(&signature, 2 * SIGNATURE_BYTES_MAX);
		ok = sign(key, text, &signature);
		buf_append_char(out, '.');
		buf_append_slice(out, buf_slice(&signature));
		buf_fini(&signature);
	}
	EVP_PKEY_free(key);
	/* What OpenSSL notes would be taken for a fault of the next TLS
	 * connection. */
	ERR_clear_error();
	return ok && !buf_full(out) ? ERR_OK : ERR_CRYPTO;
}
