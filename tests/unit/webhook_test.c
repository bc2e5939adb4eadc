/*
 * webhook_test - documents of webhooks, good, sealed and damaged.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "store/seal.h"
#include "store/webhook.h"

#define ID "wh_01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define HEAD                                                        \
	"{\"id\":\"" ID "\",\"project\":\"acme\",\"name\":\"crm\"," \
	"\"url\":\"https://example.com/\",\"version\":3,"           \
	"\"eventNames\":[\"a\",\"b\"]"

static const uint8_t key[SEAL_KEY_BYTES] = {9};

static enum err parse(const char *text, const char *reason, struct webhook **w,
		      const char **fault)
{
	const struct webhook_source source = {
	    .document = slice_of(text),
	    .disabled_reason = slice_of(reason),
	    .with_request = true,
	    .master_key = key,
	};

	return webhook_parse(&source, w, fault);
}

static void test_defaults(void **state)
{
	struct webhook *w;
	const char *fault;

	(void)state;
	assert_int_equal(parse(HEAD "}", NULL, &w, &fault), ERR_OK);
	assert_string_equal(w->project, "acme");
	assert_string_equal(w->content_type, "application/json");
	assert_true(w->enabled);
	assert_null(w->disabled_reason);
	assert_int_equal(w->version, 3);
	assert_int_equal(w->n_event_names, 2);
	assert_int_equal(w->n_retry_delays, 9);
	assert_int_equal(w->retry_delays_s[8], 86400);
	assert_int_equal(w->concurrency, 64);
	assert_int_equal(w->timeout_ms, 15000);
	assert_false(w->signing);
	webhook_ref(w);
	webhook_unref(&(struct webhook *){w});
	webhook_unref(&w);
	assert_null(w);
}

static void test_disabled(void **state)
{
	struct webhook *w;
	const char *fault;

	(void)state;
	assert_int_equal(parse(HEAD "}", "gone", &w, &fault), ERR_OK);
	assert_false(w->enabled);
	assert_string_equal(w->disabled_reason, "gone");
	webhook_unref(&w);
}

static void put_sealed(struct buf *out, const char *path, const char *name,
		       const char *secret)
{
	char context[SEAL_CONTEXT_SIZE];

	buf_append_char(out, '"');
	assert_int_equal(
	    seal(key,
		 seal_context(context, SLICE_LIT(ID), path, slice_of(name)),
		 slice_of(secret), out),
	    ERR_OK);
	buf_append_char(out, '"');
}

static void test_secrets(void **state)
{
	struct webhook *w;
	const char *fault;
	struct buf text;

	(void)state;
	buf_init(&text, 65536);
	buf_append_str(&text, HEAD ",\"headers\":{\"X-Key\":");
	put_sealed(&text, "headers", "X-Key", "k1");
	buf_append_str(&text, "},\"auth\":{\"type\":\"basic\",\"username\":"
			      "\"ada\",\"password\":");
	put_sealed(&text, "auth.password", NULL, "pw");
	buf_append_str(&text, "},\"signing\":{\"enabled\":true,\"secrets\":[");
	put_sealed(&text, "signing.secrets", NULL,
		   "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	buf_append_str(&text, ",{\"until\":\"2026-11-23T08:16:45.000Z\","
			      "\"secret\":");
	put_sealed(&text, "signing.secrets", NULL,
		   "whsec_//////////////////////////////////////////8=");
	buf_append_str(&text, "}]}}");
	buf_append_char(&text, 0);
	assert_int_equal(parse(text.p, NULL, &w, &fault), ERR_OK);
	assert_string_equal(w->headers[0].name, "X-Key");
	assert_string_equal(w->headers[0].value, "k1");
	assert_int_equal(w->auth, AUTH_BASIC);
	assert_string_equal(w->auth_user, "ada");
	assert_string_equal(w->auth_secret, "pw");
	assert_int_equal(w->n_secrets, 2);
	assert_int_equal(w->secrets[0].n, 24);
	assert_int_equal(w->secrets[0].until_ms, 0);
	assert_int_equal(w->secrets[1].n, 32);
	assert_int_equal(w->secrets[1].until_ms, 1795421805000);
	webhook_unref(&w);
	buf_fini(&text);
}

/* A secret that was sealed for another field does not open. */
static void test_moved_secret(void **state)
{
	struct webhook *w;
	const char *fault;
	struct buf text;

	(void)state;
	buf_init(&text, 65536);
	buf_append_str(&text, HEAD ",\"auth\":{\"type\":\"bearer\",\"token\":");
	put_sealed(&text, "auth.password", NULL, "pw");
	buf_append_str(&text, "}}");
	buf_append_char(&text, 0);
	assert_int_equal(parse(text.p, NULL, &w, &fault), ERR_MALFORMED);
	assert_string_equal(fault, "auth.token");
	buf_fini(&text);
}

static void test_damaged(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
	    {"", "document"},
	    {"[]", "document"},
	    {"{}", "id"},
	    {HEAD ",\"id\":\"wh_x\"}", "document"},
	    {HEAD ",\"retry\":{\"jitter\":2}}", "retry.jitter"},
	    {HEAD ",\"retry\":{\"delaysS\":[-1]}}", "retry.delaysS"},
	    {HEAD ",\"limits\":{\"concurrency\":0}}", "limits.concurrency"},
	    {HEAD ",\"timeoutMs\":0}", "timeoutMs"},
	    {HEAD ",\"batch\":7}", "batch"},
	    {HEAD ",\"batch\":{\"maxEvents\":0}}", "batch.maxEvents"},
	    {HEAD ",\"batch\":{\"maxEvents\":1001}}", "batch.maxEvents"},
	    {HEAD ",\"batch\":{\"maxWaitMs\":60001}}", "batch.maxWaitMs"},
	    {HEAD ",\"headers\":[]}", "headers"},
	    {HEAD ",\"tls\":7}", "tls"},
	    {HEAD ",\"tls\":{\"ca\":7}}", "ca"},
	    {HEAD ",\"tls\":{\"clientKey\":\"x\"}}", "tls.clientKey"},
	    {HEAD ",\"tls\":{\"clientCertificate\":\"x\"}}", "tls.clientKey"},
	    {HEAD ",\"auth\":{\"type\":\"x\"}}", "auth.type"},
	    {HEAD ",\"signing\":{\"enabled\":true,\"secrets\":[\"x\"]}}",
	     "signing.secrets"},
	};
	struct webhook *w;
	const char *fault;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].text, NULL, &w, &fault),
				 ERR_MALFORMED);
		assert_string_equal(fault, cases[i].fault);
	}
}

#define CREDENTIAL "cred_01ARZ3NDEKTSV4RRFFQ69G5FAV"

/* Whose token it takes is no secret: whoever makes no requests knows it, and
 * goes on with what it does not understand. */
static void test_credential(void **state)
{
	static const struct {
		const char *auth;
		enum auth_type without;
		const char *fault; /* with the request; NULL: none */
	} cases[] = {
	    {"{\"type\":\"oauth2\",\"credential\":\"" CREDENTIAL "\"}",
	     AUTH_OAUTH2, NULL},
	    {"{\"type\":\"none\"}", AUTH_NONE, NULL},
	    {"{\"type\":\"bearer\"}", AUTH_BEARER, "auth.token"},
	    {"{\"type\":\"oauth2\"}", AUTH_OAUTH2, "auth.credential"},
	    {"{\"type\":\"oauth9\"}", AUTH_NONE, "auth.type"},
	};
	char text[512];
	struct webhook *w;
	const char *fault;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), HEAD ",\"auth\":%s}",
			 cases[i].auth);
		assert_int_equal(
		    webhook_parse(
			&(struct webhook_source){.document = slice_of(text)},
			&w, &fault),
		    ERR_OK);
		assert_int_equal(w->auth, cases[i].without);
		assert_int_equal(w->credential.b[0] != 0, i == 0);
		webhook_unref(&w);
		if (parse(text, NULL, &w, &fault) == ERR_OK) {
			assert_null(cases[i].fault);
			webhook_unref(&w);
		} else {
			assert_string_equal(fault, cases[i].fault);
		}
	}
}

static void test_every_cut(void **state)
{
	static const char text[] =
	    HEAD ",\"signing\":{\"enabled\":true,\"secrets\":["
		 "\"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]}}";
	char cut[sizeof(text)];
	struct webhook *w;
	const char *fault;

	(void)state;
	for (size_t n = 0; n + 1 < sizeof(text); n++) {
		memcpy(cut, text, n);
		cut[n] = 0;
		assert_int_equal(parse(cut, NULL, &w, &fault), ERR_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_disabled),
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_moved_secret),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_credential),
	    cmocka_unit_test(test_every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
