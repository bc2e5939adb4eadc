/*
 * credential_test - documents of credentials, good, sealed and damaged.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "store/config.h"
#include "store/credential.h"
#include "store/seal.h"

#define ID "cred_01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define START "'id':'" ID "','project':'acme','version':3"
#define CLIENT "'tokenUrl':'https://as.example/token','clientId':'c'"
#define BASIC "'clientAuth':'client_secret_basic','clientSecret':'s'"
#define HEAD START "," CLIENT "," BASIC
#define JWT START "," CLIENT ",'clientAuth':'private_key_jwt'"
#define TEN(x) x x x x x x x x x x

static const uint8_t key[SEAL_KEY_BYTES] = {9};

static enum err parse_as(struct slice text, bool with_grant, const uint8_t *k,
			 struct credential **c, const char **fault)
{
	const struct credential_source source = {
	    .document = text,
	    .with_grant = with_grant,
	    .master_key = k,
	};

	return credential_parse(&source, c, fault);
}

/* The fields of an object, with ' for ". */
static enum err parse(const char *fields, struct credential **c,
		      const char **fault)
{
	char text[8192];
	int n = snprintf(text, sizeof(text), "{%s}", fields);

	assert_in_range(n, 2, sizeof(text) - 1);
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	return parse_as(slice_of(text), true, key, c, fault);
}

static struct credential *parsed(const char *fields)
{
	struct credential *c = NULL;
	const char *fault = "";

	if (parse(fields, &c, &fault) != ERR_OK)
		fail_msg("%s: %s", fault, fields);
	return c;
}

static void the_least(void **state)
{
	struct credential *c = parsed(HEAD), *other;

	(void)state;
	assert_string_equal(c->project, "acme");
	assert_int_equal(c->version, 3);
	assert_string_equal(c->token_url, "https://as.example/token");
	assert_string_equal(c->client_id, "c");
	assert_int_equal(c->client_auth, CLIENT_BASIC);
	assert_string_equal(c->client_secret, "s");
	assert_null(c->private_key);
	assert_null(c->key_id);
	assert_null(c->scope);
	assert_null(c->audience);
	assert_int_equal(c->n_resources, 0);
	assert_int_equal(c->n_params, 0);
	other = credential_ref(c);
	credential_unref(&other);
	assert_null(other);
	assert_string_equal(c->client_secret, "s");
	credential_unref(&c);
	credential_unref(&c);
}

static void everything(void **state)
{
	struct credential *c = parsed(
	    JWT ",'privateKey':'PEM','keyId':'k1','scope':'a b','audience':'x',"
		"'resource':['r1','r2'],'extraParams':{'p':'1','q':''}");

	(void)state;
	assert_int_equal(c->client_auth, CLIENT_JWT);
	assert_null(c->client_secret);
	assert_string_equal(c->private_key, "PEM");
	assert_string_equal(c->key_id, "k1");
	assert_string_equal(c->scope, "a b");
	assert_string_equal(c->audience, "x");
	assert_int_equal(c->n_resources, 2);
	assert_string_equal(c->resources[0], "r1");
	assert_string_equal(c->resources[1], "r2");
	assert_int_equal(c->n_params, 2);
	assert_string_equal(c->params[0].name, "p");
	assert_string_equal(c->params[0].value, "1");
	assert_string_equal(c->params[1].value, "");
	credential_unref(&c);
	c = parsed(HEAD ",'resource':'r1','unknown':[1]");
	assert_int_equal(c->n_resources, 1);
	credential_unref(&c);
}

static void refusals(void **state)
{
	static const struct {
		const char *fields, *fault;
	} rows[] = {
	    {"", "id"},
	    {"'id':'cred_1'", "id"},
	    {"'id':'wh_01ARZ3NDEKTSV4RRFFQ69G5FAV'", "id"},
	    {"'id':7", "id"},
	    {"'id':'" ID "'", "version"},
	    {"'id':'" ID "','version':-1", "version"},
	    {"'id':'" ID "','version':1.5", "version"},
	    {"'id':'" ID "','version':'1'", "version"},
	    {"'id':'" ID "','version':1", "project"},
	    {"'id':'" ID "','version':1,'project':null", "project"},
	    {START, "tokenUrl"},
	    {START "," CLIENT, "clientAuth"},
	    {START "," CLIENT ",'clientAuth':'client_secret_jwt'",
	     "clientAuth"},
	    {START "," CLIENT ",'clientAuth':0", "clientAuth"},
	    {START "," CLIENT ",'clientAuth':'client_secret_post'",
	     "clientSecret"},
	    {JWT ",'clientSecret':'s'", "privateKey"},
	    {START ",'tokenUrl':'u'," BASIC, "clientId"},
	    {START ",'tokenUrl':'u','clientId':1," BASIC, "clientId"},
	    {HEAD ",'keyId':1", "keyId"},
	    {HEAD ",'scope':null", "scope"},
	    {HEAD ",'audience':['a']", "audience"},
	    {HEAD ",'resource':null", "resource"},
	    {HEAD ",'resource':{'a':'b'}", "resource"},
	    {HEAD ",'resource':['a',1]", "resource"},
	    {HEAD ",'extraParams':[]", "extraParams"},
	    {HEAD ",'extraParams':{'a':1}", "extraParams"},
	    {HEAD ",'extraParams':{'a':'b','c':null}", "extraParams"},
	    {HEAD ",'scope':'a','scope':'a'", "document"},
	    {HEAD ",'scope':'a\\u0000b'", "document"},
	    {HEAD ",'scope':'\xff'", "document"},
	    {HEAD ",", "document"},
	    {HEAD ",'clientSecret':'sealed:1:AAAA'", "document"},
	    {START "," CLIENT ",'clientAuth':'client_secret_basic',"
		   "'clientSecret':'sealed:1:AAAA'",
	     "clientSecret"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct credential *c = NULL;
		const char *fault = "";

		if (parse(rows[i].fields, &c, &fault) != ERR_MALFORMED ||
		    strcmp(fault, rows[i].fault) != 0)
			fail_msg("%s: %s", rows[i].fields, fault);
		assert_null(c);
	}
}

static void no_object(void **state)
{
	static const char *const texts[] = {"",	    "[]", "\"x\"",
					    "null", "{",  "["};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct credential *c = NULL;
		const char *fault = "";

		assert_int_equal(
		    parse_as(slice_of(texts[i]), true, key, &c, &fault),
		    ERR_MALFORMED);
		assert_string_equal(
		    fault, strcmp(texts[i], "[]") == 0 ? "id" : "document");
	}
}

/* So many of one thing, each with a comma behind. */
static enum err parse_many(const char *format, const char *end, unsigned count)
{
	struct credential *c = NULL;
	const char *fault = "";
	struct buf fields;
	enum err e;

	buf_init(&fields, 8000);
	buf_append_str(&fields, HEAD);
	for (unsigned i = 0; i < count; i++) {
		buf_append_str(&fields, i	      ? ","
					: *end == '}' ? ",'extraParams':{"
						      : ",'resource':[");
		buf_printf(&fields, "'%s%u'", format, i);
		if (*end == '}')
			buf_append_str(&fields, ":'v'");
	}
	buf_append_str(&fields, end);
	buf_append_char(&fields, '\0');
	assert_false(buf_full(&fields));
	e = parse(fields.p, &c, &fault);
	if (c)
		assert_int_equal(c->n_resources + c->n_params, count);
	credential_unref(&c);
	buf_fini(&fields);
	return e;
}

static void bounds(void **state)
{
#define NAME TEN(TEN("x")) TEN("yy") "zzzzzz"

	(void)state;
	assert_int_equal(parse_many("r", "]", CREDENTIAL_RESOURCES_MAX),
			 ERR_OK);
	assert_int_equal(parse_many("r", "]", CREDENTIAL_RESOURCES_MAX + 1),
			 ERR_MALFORMED);
	assert_int_equal(parse_many("p", "}", CREDENTIAL_PARAMS_MAX), ERR_OK);
	assert_int_equal(parse_many("p", "}", CREDENTIAL_PARAMS_MAX + 1),
			 ERR_MALFORMED);
	/* With a digit, and with two letters, behind the name. */
	assert_int_equal(sizeof(NAME), CREDENTIAL_PARAM_NAME_MAX - 1);
	assert_int_equal(parse_many("x" NAME, "}", 1), ERR_OK);
	assert_int_equal(parse_many("xx" NAME, "}", 1), ERR_MALFORMED);
}

static void put_sealed(struct buf *out, const char *path, const char *name,
		       const char *secret)
{
	char context[SEAL_CONTEXT_SIZE];

	assert_int_equal(
	    seal(key,
		 seal_context(context, SLICE_LIT(ID), path, slice_of(name)),
		 slice_of(secret), out),
	    ERR_OK);
}

/* path and name: what the secret of a parameter "p" has been sealed for. */
static enum err parse_sealed(const char *path, const char *name,
			     const uint8_t *k)
{
	struct credential *c = NULL;
	const char *fault = "";
	struct buf text;
	enum err e;

	buf_init(&text, 4096);
	buf_append_str(&text, "{\"id\":\"" ID "\",\"project\":\"acme\","
			      "\"version\":3,\"tokenUrl\":\"u\",\"clientId\":"
			      "\"c\",\"clientAuth\":\"client_secret_post\","
			      "\"clientSecret\":\"");
	put_sealed(&text, "clientSecret", NULL, "hush");
	buf_append_str(&text, "\",\"extraParams\":{\"p\":\"");
	put_sealed(&text, path, name, "quiet");
	buf_append_str(&text, "\"}}");
	e = parse_as(buf_slice(&text), true, k, &c, &fault);
	if (e == ERR_OK) {
		assert_string_equal(c->client_secret, "hush");
		assert_string_equal(c->params[0].value, "quiet");
	} else {
		assert_string_equal(fault,
				    k == key ? "extraParams" : "clientSecret");
	}
	credential_unref(&c);
	buf_fini(&text);
	return e;
}

static void sealed(void **state)
{
	static const uint8_t other[SEAL_KEY_BYTES] = {8};

	(void)state;
	assert_int_equal(parse_sealed("extraParams", "p", key), ERR_OK);
	assert_int_equal(parse_sealed("extraParams", "q", key), ERR_MALFORMED);
	assert_int_equal(parse_sealed("clientSecret", NULL, key),
			 ERR_MALFORMED);
	assert_int_equal(parse_sealed("extraParams", "p", other),
			 ERR_MALFORMED);
	assert_int_equal(parse_sealed("extraParams", "p", NULL), ERR_MALFORMED);
}

/* A process that asks for no tokens has no secrets. */
static void without_grant(void **state)
{
	static const char text[] = "{\"id\":\"" ID "\",\"project\":\"acme\","
				   "\"version\":3,\"clientId\":\"c\","
				   "\"clientSecret\":\"s\",\"tokenUrl\":1}";
	struct credential *c = NULL;
	const char *fault = "";

	(void)state;
	assert_int_equal(parse_as(slice_of(text), false, NULL, &c, &fault),
			 ERR_OK);
	assert_string_equal(c->project, "acme");
	assert_null(c->client_secret);
	assert_null(c->client_id);
	assert_null(c->token_url);
	credential_unref(&c);
}

static void names(void **state)
{
	enum client_auth auth = CLIENT_JWT;
	char context[SEAL_CONTEXT_SIZE];

	(void)state;
	assert_string_equal(client_auth_text(CLIENT_BASIC),
			    "client_secret_basic");
	assert_true(client_auth_parse(SLICE_LIT("client_secret_post"), &auth));
	assert_int_equal(auth, CLIENT_POST);
	assert_false(client_auth_parse(SLICE_LIT("client_secret_pos"), &auth));
	assert_false(client_auth_parse(slice_of(NULL), &auth));
	assert_true(slice_eq_str(
	    seal_context(context, SLICE_LIT(ID), "extraParams", SLICE_LIT("p")),
	    ID "/extraParams.p"));
	assert_true(slice_eq_str(
	    seal_context(context, SLICE_LIT(ID), "token", slice_of(NULL)),
	    ID "/token"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_least), cmocka_unit_test(everything),
	    cmocka_unit_test(refusals),	 cmocka_unit_test(no_object),
	    cmocka_unit_test(bounds),	 cmocka_unit_test(sealed),
	    cmocka_unit_test(names),	 cmocka_unit_test(without_grant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
