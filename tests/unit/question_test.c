/*
 * question_test - the token request, and the assertion in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "assertion.h"
#include "base/mem.h"
#include "base/text.h"
#include "question.h"
#include "store/config.h"
#include "store/credential.h"

#define NOW_MS 1795421805123u

static char *pem_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *copy;
	long n;

	assert_int_equal(
	    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	n = BIO_get_mem_data(bio, &text);
	copy = xstrndup(text, (size_t)n);
	BIO_free(bio);
	return copy;
}

static void assert_question(const struct credential *c, const char *body,
			    const char *authorization)
{
	const char *fault = NULL;
	struct question q;

	assert_int_equal(question_make(c, NOW_MS, &q, &fault), ERR_OK);
	assert_null(fault);
	assert_true(slice_eq_str(buf_slice(&q.body), body));
	if (authorization)
		assert_string_equal(q.authorization, authorization);
	else
		assert_null(q.authorization);
	question_fini(&q);
	assert_null(q.body.p);
}

static void secrets(void **state)
{
	static char id[] = "s6BhdRkqt3", secret[] = "7Fjfp0ZBr1KtDRbnfVdmIw";
	static char odd_id[] = "a b:c", odd_secret[] = "x+y%&=";
	struct credential c = {.client_id = id, .client_secret = secret};

	(void)state;
	/* The example of RFC 6749 section 2.3.1. */
	assert_question(&c, "grant_type=client_credentials",
			"Authorization: Basic "
			"czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3");
	c.client_auth = CLIENT_POST;
	assert_question(&c,
			"grant_type=client_credentials&client_id=s6BhdRkqt3&"
			"client_secret=7Fjfp0ZBr1KtDRbnfVdmIw",
			NULL);
	c.client_id = odd_id;
	c.client_secret = odd_secret;
	assert_question(&c,
			"grant_type=client_credentials&client_id=a+b%3Ac&"
			"client_secret=x%2By%25%26%3D",
			NULL);
	/* base64 of "a+b%3Ac:x%2By%25%26%3D" */
	c.client_auth = CLIENT_BASIC;
	assert_question(&c, "grant_type=client_credentials",
			"Authorization: Basic "
			"YStiJTNBYzp4JTJCeSUyNSUyNiUzRA==");
}

static void encoding(void **state)
{
	static const char *const rows[][2] = {
	    /* The example of RFC 6749 appendix B. */
	    {" %&+\xc2\xa3\xe2\x82\xac", "+%25%26%2B%C2%A3%E2%82%AC"},
	    {"azAZ09-._*", "azAZ09-._*"},
	    {"~/:@`[{", "%7E%2F%3A%40%60%5B%7B"},
	    {"\x01\x7f\xff", "%01%7F%FF"},
	    {"", ""},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 256);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_reset(&out);
		form_encode(&out, slice_of(rows[i][0]));
		assert_true(slice_eq_str(buf_slice(&out), rows[i][1]));
	}
	buf_fini(&out);
}

static void parameters(void **state)
{
	static char id[] = "c", secret[] = "s", scope[] = "a b";
	static char audience[] = "https://x.example/?a=1";
	static char one[] = "https://1.example", two[] = "urn:2";
	static char name[] = "tenant", value[] = "Gr\xc3\xbcn & Co\r\n";
	struct header_pair pair = {.name = name, .value = value};
	struct credential c = {
	    .client_id = id,
	    .client_secret = secret,
	    .scope = scope,
	    .audience = audience,
	    .resources = {one, two},
	    .n_resources = 2,
	    .params = &pair,
	    .n_params = 1,
	};

	(void)state;
	assert_question(&c,
			"grant_type=client_credentials&scope=a+b&"
			"audience=https%3A%2F%2Fx.example%2F%3Fa%3D1&"
			"resource=https%3A%2F%2F1.example&resource=urn%3A2&"
			"tenant=Gr%C3%BCn+%26+Co%0D%0A",
			"Authorization: Basic Yzpz");
}

static void too_large(void **state)
{
	static char id[] = "c", secret[] = "s", name[] = "n";
	char *value = xmalloc(QUESTION_BYTES_MAX + 1);
	struct header_pair pair = {.name = name, .value = value};
	struct credential c = {
	    .client_id = id,
	    .client_secret = secret,
	    .params = &pair,
	    .n_params = 1,
	};
	const char *fault = NULL;
	struct question q;

	(void)state;
	memset(value, 'x', QUESTION_BYTES_MAX);
	value[QUESTION_BYTES_MAX] = '\0';
	assert_int_equal(question_make(&c, NOW_MS, &q, &fault), ERR_BAD_VALUE);
	assert_string_equal(fault, "extraParams");
	assert_null(q.body.p);
	free(value);
}

/* Base64 makes four bytes of three, encoding three of one. */
static void bounds(void **state)
{
	static const struct {
		enum client_auth auth;
		size_t secret, param;
		const char *fault;
	} rows[] = {
	    {CLIENT_BASIC, QUESTION_BYTES_MAX / 5, 10, NULL},
	    {CLIENT_BASIC, QUESTION_BYTES_MAX / 4, 10, "clientSecret"},
	    {CLIENT_BASIC, QUESTION_BYTES_MAX, 10, "clientSecret"},
	    {CLIENT_POST, QUESTION_BYTES_MAX / 3 - 100, 10, NULL},
	    {CLIENT_POST, QUESTION_BYTES_MAX / 3, 10, "extraParams"},
	    {CLIENT_BASIC, 10, QUESTION_BYTES_MAX / 3 - 100, NULL},
	    {CLIENT_BASIC, 10, QUESTION_BYTES_MAX / 3, "extraParams"},
	};
	static char text[QUESTION_BYTES_MAX + 1], id[] = "c", name[] = "n";

	(void)state;
	memset(text, '%', QUESTION_BYTES_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct header_pair pair = {
		    name, slice_dup(slice_bytes(text, rows[i].param))};
		struct credential c = {
		    .client_auth = rows[i].auth,
		    .client_id = id,
		    .client_secret =
			slice_dup(slice_bytes(text, rows[i].secret)),
		    .params = &pair,
		    .n_params = 1,
		};
		const char *fault = NULL, *want = rows[i].fault;
		struct question q;

		assert_int_equal(question_make(&c, NOW_MS, &q, &fault),
				 want ? ERR_BAD_VALUE : ERR_OK);
		if (want)
			assert_string_equal(fault, want);
		assert_int_equal(!q.body.p, !!want);
		question_fini(&q);
		free(c.client_secret);
		free(pair.value);
	}
}

/* ---- assertions ---- */

static json_t *part(struct slice text)
{
	struct buf out;
	json_t *v;

	buf_init(&out, 4096);
	assert_int_equal(base64_decode(&out, text), ERR_OK);
	v = json_loadb(out.p, out.n, 0, NULL);
	assert_non_null(v);
	buf_fini(&out);
	return v;
}

static void assert_text(const json_t *o, const char *name, const char *want)
{
	assert_string_equal(json_string_value(json_object_get(o, name)), want);
}

/* From r and s side by side to what OpenSSL takes. */
static size_t der_of(const uint8_t *flat, uint8_t *der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int n;

	ECDSA_SIG_set0(sig, BN_bin2bn(flat, 32, NULL),
		       BN_bin2bn(flat + 32, 32, NULL));
	n = i2d_ECDSA_SIG(sig, &der);
	ECDSA_SIG_free(sig);
	return (size_t)n;
}

static void assert_signed(EVP_PKEY *key, struct slice text, struct slice tail)
{
	uint8_t der[128], *signature;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	struct buf raw;
	size_t n;

	buf_init(&raw, 4096);
	assert_int_equal(base64_decode(&raw, tail), ERR_OK);
	signature = (uint8_t *)raw.p;
	n = raw.n;
	if (EVP_PKEY_is_a(key, "EC")) {
		assert_int_equal(n, 64);
		n = der_of(signature, der);
		signature = der;
	}
	assert_int_equal(EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key),
			 1);
	assert_int_equal(
	    EVP_DigestVerify(c, signature, n, (const uint8_t *)text.p, text.n),
	    1);
	EVP_MD_CTX_free(c);
	buf_fini(&raw);
}

static void assert_assertion(EVP_PKEY *key, const char *algorithm,
			     const char *key_id)
{
	char *pem = pem_of(key);
	const struct assertion a = {
	    .client_id = "me \"and\" Gr\xc3\xbcn",
	    .audience = "https://id.example/token",
	    .key = pem,
	    .key_id = key_id,
	    .wall_ms = NOW_MS,
	};
	struct slice rest, head, body;
	json_t *h, *c;
	struct buf out;

	buf_init(&out, 65536);
	assert_int_equal(assertion_make(&a, &out), ERR_OK);
	assert_null(memchr(out.p, '=', out.n));
	assert_null(memchr(out.p, '+', out.n));
	assert_null(memchr(out.p, '/', out.n));
	rest = buf_slice(&out);
	assert_true(slice_cut(&rest, '.', &head));
	assert_true(slice_cut(&rest, '.', &body));
	h = part(head);
	assert_text(h, "alg", algorithm);
	assert_text(h, "typ", "JWT");
	if (key_id)
		assert_text(h, "kid", key_id);
	else
		assert_null(json_object_get(h, "kid"));
	c = part(body);
	assert_text(c, "iss", a.client_id);
	assert_text(c, "sub", a.client_id);
	assert_text(c, "aud", a.audience);
	assert_int_equal(json_string_length(json_object_get(c, "jti")), 22);
	assert_int_equal(json_integer_value(json_object_get(c, "iat")),
			 NOW_MS / 1000);
	assert_int_equal(json_integer_value(json_object_get(c, "exp")),
			 NOW_MS / 1000 + ASSERTION_LIFETIME_S);
	assert_signed(key, slice_bytes(out.p, head.n + 1 + body.n), rest);
	json_decref(h);
	json_decref(c);
	buf_fini(&out);
	free(pem);
}

static void assertions(void **state)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048), *ec;

	(void)state;
	assert_assertion(rsa, "RS256", NULL);
	assert_assertion(rsa, "RS256", "key/1");
	EVP_PKEY_free(rsa);
	/* Now and then a number of the signature is shorter than 32 bytes. */
	ec = EVP_EC_gen("P-256");
	for (int i = 0; i < 300; i++)
		assert_assertion(ec, "ES256", "2");
	EVP_PKEY_free(ec);
}

/* A server that sees one twice refuses it. */
static void ids_differ(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char *pem = pem_of(key);
	const struct assertion a = {
	    .client_id = "c",
	    .audience = "https://id.example/token",
	    .key = pem,
	    .wall_ms = NOW_MS,
	};
	json_t *claims[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct slice rest, head, body;
		struct buf out;

		buf_init(&out, 65536);
		assert_int_equal(assertion_make(&a, &out), ERR_OK);
		rest = buf_slice(&out);
		assert_true(slice_cut(&rest, '.', &head));
		assert_true(slice_cut(&rest, '.', &body));
		claims[i] = part(body);
		buf_fini(&out);
	}
	assert_false(json_equal(json_object_get(claims[0], "jti"),
				json_object_get(claims[1], "jti")));
	json_decref(claims[0]);
	json_decref(claims[1]);
	free(pem);
	EVP_PKEY_free(key);
}

static void assert_no_key(char *pem)
{
	static char id[] = "c", url[] = "https://id.example/";
	struct credential c = {
	    .client_auth = CLIENT_JWT,
	    .client_id = id,
	    .token_url = url,
	    .private_key = pem,
	};
	const char *fault = NULL;
	struct question q;

	assert_int_equal(question_make(&c, NOW_MS, &q, &fault), ERR_BAD_VALUE);
	assert_string_equal(fault, "privateKey");
	assert_null(q.body.p);
	/* What OpenSSL noted would be taken for a fault of a connection. */
	assert_int_equal(ERR_peek_error(), 0);
}

static char *text_of(BIO *bio)
{
	char *text, *copy;
	long n = BIO_get_mem_data(bio, &text);

	copy = xstrndup(text, (size_t)n);
	BIO_free(bio);
	return copy;
}

/* Nobody is asked for its passphrase. */
static void locked_keys(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *locked = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());
	unsigned char pass[] = "pass";
	char *pem;

	(void)state;
	assert_int_equal(PEM_write_bio_PrivateKey(locked, key,
						  EVP_aes_128_cbc(), pass, 4,
						  NULL, NULL),
			 1);
	assert_int_equal(PEM_write_bio_PUBKEY(public, key), 1);
	pem = text_of(locked);
	assert_no_key(pem);
	free(pem);
	pem = text_of(public);
	assert_no_key(pem);
	free(pem);
	EVP_PKEY_free(key);
}

/* Of more than two primes, which are found sooner. */
static EVP_PKEY *long_rsa(int bits)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(c, bits), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_primes(c, 5), 1);
	assert_int_equal(EVP_PKEY_generate(c, &key), 1);
	EVP_PKEY_CTX_free(c);
	return key;
}

static void other_keys(void **state)
{
	static char nonsense[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n"
				 "-----END PRIVATE KEY-----\n",
		    empty[] = "";
	EVP_PKEY *keys[] = {
	    EVP_RSA_gen(1024),	     EVP_RSA_gen(2040),
	    long_rsa(8200),	     EVP_EC_gen("P-384"),
	    EVP_EC_gen("secp256k1"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};

	(void)state;
	assert_no_key(nonsense);
	assert_no_key(empty);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char *pem = pem_of(keys[i]);

		assert_no_key(pem);
		free(pem);
		EVP_PKEY_free(keys[i]);
	}
}

/* All that is allocated is filled, not only the first few KiB: so a NUL that is
 * missing is not there by chance. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "max_malloc_fill_size=1048576";
}

/* The assertion fills its buffer to the last byte: it has no room for a NUL. */
static void largest_assertion(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char *pem = pem_of(key), *id = xmalloc(QUESTION_BYTES_MAX), url[8] = "";
	struct credential c = {
	    .client_auth = CLIENT_JWT,
	    .client_id = id,
	    .token_url = url,
	    .private_key = pem,
	};
	const struct assertion a = {
	    .client_id = id, .audience = url, .key = pem, .wall_ms = NOW_MS};
	const char *fault = NULL;
	struct question q;
	struct buf out;
	size_t n;

	(void)state;
	buf_init(&out, QUESTION_BYTES_MAX);
	id[0] = '\0';
	assert_int_equal(assertion_make(&a, &out), ERR_OK);
	/* A byte more of both claims is eight thirds of it. */
	n = (QUESTION_BYTES_MAX - out.n) / 8 * 3;
	memset(id, 'x', n);
	id[n] = '\0';
	do {
		buf_reset(&out);
		assert_int_equal(assertion_make(&a, &out), ERR_OK);
		if (out.n < QUESTION_BYTES_MAX)
			url[strlen(url)] = 'u';
	} while (out.n < QUESTION_BYTES_MAX && strlen(url) + 1 < sizeof(url));
	assert_int_equal(out.n, QUESTION_BYTES_MAX);
	assert_int_equal(question_make(&c, NOW_MS, &q, &fault), ERR_BAD_VALUE);
	assert_null(q.body.p);
	buf_fini(&out);
	EVP_PKEY_free(key);
	free(pem);
	free(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encoding),	   cmocka_unit_test(secrets),
	    cmocka_unit_test(parameters),  cmocka_unit_test(too_large),
	    cmocka_unit_test(assertions),  cmocka_unit_test(other_keys),
	    cmocka_unit_test(bounds),	   cmocka_unit_test(ids_differ),
	    cmocka_unit_test(locked_keys), cmocka_unit_test(largest_assertion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
