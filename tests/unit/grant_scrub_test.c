/*
 * grant_scrub_test - secrets that come back in what token servers say.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "assertion.h"
#include "base/buf.h"
#include "base/mem.h"
#include "grant_answer.h"
#include "store/config.h"
#include "store/credential.h"

static void parse(unsigned status, const char *body, struct grant_answer *a)
{
	grant_answer_parse(status, SLICE_LIT("application/json"),
			   slice_of(body), a);
}

/* The secret in one of its forms in what the server says. */
static void assert_scrubbed(const struct credential *c, const char *text,
			    bool masked)
{
	struct grant_answer a = {0};

	(void)slice_cstr(a.detail, sizeof(a.detail), slice_of(text));
	grant_answer_scrub(&a, c);
	assert_string_equal(a.detail, masked ? "***" : text);
}

/* Padding says nothing, and an equals sign may have been encoded. */
static void padding(void **state)
{
	static char id[] = "client", secret[] = "padded!!";
	const struct credential c = {.client_id = id, .client_secret = secret};

	(void)state;
	/* base64 of "client:padded%21%21" */
	assert_scrubbed(&c, "Basic Y2xpZW50OnBhZGRlZCUyMSUyMQ==", true);
	assert_scrubbed(&c, "Basic Y2xpZW50OnBhZGRlZCUyMSUyMQ", true);
	assert_scrubbed(&c, "basic=Y2xpZW50OnBhZGRlZCUyMSUyMQ%3D%3D", true);
}

static void scrubbing(void **state)
{
	static char id[] = "client", secret[] = "s3cret/+value";
	static char key[] = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n"
			    "BgkqhkiG9w0B\n-----END PRIVATE KEY-----\n";
	static char name[] = "n", value[] = "param-value", short_value[] = "x";
	struct header_pair pairs[] = {{name, value}, {name, short_value}};
	struct credential c = {
	    .client_id = id,
	    .client_secret = secret,
	    .params = pairs,
	    .n_params = 2,
	};
	struct grant_answer a = {0};

	(void)state;
	assert_scrubbed(&c, "x is nothing to hide", false);
	assert_scrubbed(&c, "you sent s3cret/+value to me", true);
	assert_scrubbed(&c, "client_secret=s3cret%2F%2Bvalue", true);
	/* base64 of "client:s3cret%2F%2Bvalue" */
	assert_scrubbed(&c, "Basic Y2xpZW50OnMzY3JldCUyRiUyQnZhbHVl", true);
	assert_scrubbed(&c, "n=param-value", true);
	/* Cut in the middle of it. */
	assert_scrubbed(&c, "you sent s3cret/", true);
	assert_scrubbed(&c, "you sent s3c", false);
	assert_scrubbed(&c, "s3cret", true);
	assert_scrubbed(&c, "s3cret/+valu", true);
	assert_scrubbed(&c, "s3cre", false);
	c.client_secret = NULL;
	c.client_auth = CLIENT_JWT;
	c.private_key = key;
	assert_scrubbed(&c, "key BgkqhkiG9w0B here", true);
	assert_scrubbed(&c, "-----BEGIN PRIVATE KEY-----", false);
	a.token = xstrdup("the-token");
	(void)slice_cstr(a.scope, sizeof(a.scope), SLICE_LIT("the-token"));
	(void)slice_cstr(a.oauth_error, sizeof(a.oauth_error),
			 SLICE_LIT("a the-token"));
	grant_answer_scrub(&a, &c);
	assert_string_equal(a.scope, "***");
	assert_string_equal(a.oauth_error, "***");
	grant_answer_fini(&a);
}

/* However short it is, it is no one's business. */
static void short_secrets(void **state)
{
	static char id[] = "client", secret[] = "pass";
	static char key[] = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n=\n"
			    "-----END PRIVATE KEY-----\n";
	struct credential c = {.client_id = id, .client_secret = secret};

	(void)state;
	assert_scrubbed(&c, "not pass", true);
	assert_scrubbed(&c, "not pas", false);
	/* The last line of a key is not a secret. */
	c = (struct credential){
	    .client_auth = CLIENT_JWT, .client_id = id, .private_key = key};
	assert_scrubbed(&c, "a=b", false);
}

/* A document that another hand wrote may have such a secret. */
static void cleaned_secrets(void **state)
{
	static char id[] = "client", secret[] = "one\x1btwo\xc2\x9bthree";
	const struct credential c = {.client_id = id, .client_secret = secret};
	struct grant_answer a;

	(void)state;
	parse(400, "{\"error_description\":\"one\\u001btwo\\u009bthree\"}", &a);
	grant_answer_scrub(&a, &c);
	assert_string_equal(a.detail, "***");
	assert_scrubbed(&c, "one%1Btwo%C2%9Bthree", true);
}

/* The cut of the description leaves a part of the secret, at any place. */
static void cut_secrets(void **state)
{
	static char id[] = "client", secret[] = "s3cret/+value-\xc3\xa4";
	const struct credential c = {.client_id = id, .client_secret = secret};

	(void)state;
	for (size_t skip = ERROR_BYTES_MAX - sizeof(secret);
	     skip <= ERROR_BYTES_MAX - 6; skip++) {
		struct grant_answer a;
		char *body = xasprintf("{\"error_description\":\"%*s%s\"}",
				       (int)skip, "", secret);

		parse(400, body, &a);
		grant_answer_scrub(&a, &c);
		assert_string_equal(a.detail, "***");
		free(body);
	}
}

/* What is left of one in a content type would not be known for one. */
static void secrets_as_content_types(void **state)
{
	static char id[] = "client", secret[201];
	const struct credential c = {.client_id = id, .client_secret = secret};
	struct grant_answer a;

	(void)state;
	memset(secret, 'k', sizeof(secret) - 1);
	grant_answer_parse(200, slice_of(secret), SLICE_LIT(""), &a);
	grant_answer_scrub(&a, &c);
	assert_null(strstr(a.detail, "kkkkkk"));
	secret[40] = '\0';
	grant_answer_parse(200, slice_of(secret), SLICE_LIT(""), &a);
	grant_answer_scrub(&a, &c);
	assert_string_equal(a.detail, "***");
}

/* A sealed one may be any bytes; nothing behind them is read. */
static void secrets_that_are_no_text(void **state)
{
	static const char *const secrets[] = {"abcdef\xf0", "abcdef\xc2",
					      "abcdef\xe2\x80", "\xff"};
	static char id[] = "client";

	(void)state;
	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		char *secret = xstrdup(secrets[i]);
		const struct credential c = {.client_id = id,
					     .client_secret = secret};

		assert_scrubbed(&c, "nothing", false);
		assert_scrubbed(&c, secret, true);
		free(secret);
	}
}

/* The caller frees it. */
static char *assertion_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct assertion a = {.client_id = "c",
			      .audience = "https://a.example"};
	struct buf out;
	char *pem;
	long n;

	assert_int_equal(
	    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	n = BIO_get_mem_data(bio, &pem);
	pem = xstrndup(pem, (size_t)n);
	BIO_free(bio);
	a.key = pem;
	buf_init(&out, 4096);
	assert_int_equal(assertion_make(&a, &out), ERR_OK);
	free(pem);
	EVP_PKEY_free(key);
	return buf_take(&out, NULL);
}

/* With one of them anybody is the client, as long as it lasts. */
static void assertions(void **state)
{
	static char id[] = "client", key[] = "";
	const struct credential c = {
	    .client_auth = CLIENT_JWT, .client_id = id, .private_key = key};
	EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_RSA_gen(2048)};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *made = assertion_of(keys[i]);
		struct grant_answer a;
		char *body = xasprintf(
		    "{\"error_description\":\"bad assertion: %s\"}", made);

		parse(401, body, &a);
		assert_non_null(strstr(a.detail, ASSERTION_START));
		grant_answer_scrub(&a, &c);
		assert_string_equal(a.detail, "***");
		free(body);
		free(made);
	}
	assert_scrubbed(&c, "bad assertion: eyJhbG", true);
	assert_scrubbed(&c, "bad assertion", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scrubbing),
	    cmocka_unit_test(padding),
	    cmocka_unit_test(short_secrets),
	    cmocka_unit_test(cleaned_secrets),
	    cmocka_unit_test(cut_secrets),
	    cmocka_unit_test(secrets_as_content_types),
	    cmocka_unit_test(secrets_that_are_no_text),
	    cmocka_unit_test(assertions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
