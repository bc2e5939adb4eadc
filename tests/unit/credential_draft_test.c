/*
 * credential_draft_test - from a request to a credential's document and back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>

#include "console_test.h"
#include "credential_draft.h"
#include "pem.h"
#include "store/config.h"
#include "store/credential.h"

#define ID "cred_01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define BASE "'tokenUrl':'https://id.example.com/token','clientId':'acme'"
#define BASIC BASE ",'clientSecret':'topsecret'"

static json_t *make(const char *text)
{
	json_t *body = json(text), *doc;
	struct fault fault = {0};

	doc = credential_new(&env, ID, body, &fault);
	if (!doc)
		fail_msg("%s %s", fault.field, fault.detail);
	json_decref(body);
	return doc;
}

static json_t *patch(const json_t *old, const char *text)
{
	json_t *body = json(text), *doc;
	struct fault fault = {0};

	doc = credential_patch(&env, old, body, &fault);
	if (!doc)
		fail_msg("%s %s", fault.field, fault.detail);
	json_decref(body);
	return doc;
}

/* old: NULL for a new one. */
static void refused_body(const json_t *old, json_t *body, const char *code,
			 const char *field)
{
	struct fault fault = {0};
	json_t *doc = old ? credential_patch(&env, old, body, &fault)
			  : credential_new(&env, ID, body, &fault);

	if (doc)
		fail_msg("taken: %s", field);
	assert_string_equal(fault.code, code);
	assert_string_equal(fault.field, field);
	assert_null(strstr(fault.detail, "topsecret"));
	assert_null(strstr(fault.field, "topsecret"));
	json_decref(body);
}

static void refused(const json_t *old, const char *text, const char *code,
		    const char *field)
{
	refused_body(old, json(text), code, field);
}

static struct credential *read_back(const json_t *doc)
{
	char *text = json_dumps(doc, 0);
	const struct credential_source source = {
	    .document = slice_of(text),
	    .with_grant = true,
	    .master_key = key,
	};
	struct credential *c;
	const char *fault;

	if (credential_parse(&source, &c, &fault) != ERR_OK)
		fail_msg("%s", fault);
	free(text);
	return c;
}

static const char *text_of(const json_t *doc, const char *name)
{
	return json_string_value(json_object_get(doc, name));
}

/* --- keys --------------------------------------------------------------- */

enum form { PKCS8, TRADITIONAL, ENCRYPTED };

/* Takes the pair. */
static char *pem_of(EVP_PKEY *pair, enum form form)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;
	long n;

	if (form == TRADITIONAL)
		assert_int_equal(PEM_write_bio_PrivateKey_traditional(
				     bio, pair, NULL, NULL, 0, NULL, NULL),
				 1);
	else
		assert_int_equal(
		    PEM_write_bio_PrivateKey(
			bio, pair, form == ENCRYPTED ? EVP_aes_128_cbc() : NULL,
			form == ENCRYPTED ? (const unsigned char *)"pass"
					  : NULL,
			form == ENCRYPTED ? 4 : 0, NULL, NULL),
		    1);
	n = BIO_get_mem_data(bio, &data);
	text = strndup(data, (size_t)n);
	BIO_free(bio);
	EVP_PKEY_free(pair);
	return text;
}

static void key_is(EVP_PKEY *pair, enum form form, const char *want)
{
	char *text = pem_of(pair, form);
	const char *why = pem_check_signing_key(text);

	if (want)
		assert_non_null(why);
	if (!want && why)
		fail_msg("%s", why);
	if (want && !strstr(why, want))
		fail_msg("%s, not %s", why, want);
	free(text);
}

static void test_keys(void **state)
{
	(void)state;
	key_is(EVP_RSA_gen(2048), PKCS8, NULL);
	key_is(EVP_RSA_gen(2048), TRADITIONAL, NULL);
	key_is(EVP_EC_gen("P-256"), PKCS8, NULL);
	key_is(EVP_EC_gen("P-256"), TRADITIONAL, NULL);
	key_is(EVP_RSA_gen(1024), PKCS8, "too short");
	key_is(EVP_EC_gen("P-384"), PKCS8, "another curve");
	key_is(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), PKCS8, "an RSA key");
	key_is(EVP_EC_gen("P-256"), ENCRYPTED, "encrypted");
	assert_non_null(strstr(pem_check_signing_key("topsecret"), "PEM"));
	assert_non_null(pem_check_signing_key(""));
	assert_non_null(pem_check_signing_key("-----BEGIN PRIVATE KEY-----\n"
					      "AAAA\n"
					      "-----END PRIVATE KEY-----\n"));
}

#define POINT 65 /* the last bytes of such a key */

/* A point that is not the number's: what it signs nobody can verify. */
static void test_a_key_of_two_halves(void **state)
{
	EVP_PKEY *a = EVP_EC_gen("P-256"), *b = EVP_EC_gen("P-256");
	unsigned char *one = NULL, *other = NULL;
	int n = i2d_PrivateKey(a, &one), m = i2d_PrivateKey(b, &other);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;

	(void)state;
	assert_true(n > POINT && m > POINT);
	memcpy(one + n - POINT, other + m - POINT, POINT);
	assert_true(PEM_write_bio(bio, "EC PRIVATE KEY", "", one, n) > 0);
	assert_int_equal(BIO_write(bio, "", 1), 1);
	BIO_get_mem_data(bio, &data);
	assert_string_equal(pem_check_signing_key(data),
			    "its parts do not fit together");
	BIO_free(bio);
	OPENSSL_free(one);
	OPENSSL_free(other);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
}

/* --- documents ---------------------------------------------------------- */

static void test_defaults(void **state)
{
	json_t *doc = make("{" BASIC "}");
	struct credential *c = read_back(doc);

	(void)state;
	assert_string_equal(text_of(doc, "type"), "oauth2");
	assert_string_equal(text_of(doc, "clientAuth"), "client_secret_basic");
	assert_string_equal(text_of(doc, "project"), "acme");
	assert_null(json_object_get(doc, "name"));
	assert_null(json_object_get(doc, "extraParams"));
	assert_int_equal(c->version, 1);
	assert_int_equal(c->client_auth, CLIENT_BASIC);
	assert_string_equal(c->client_secret, "topsecret");
	credential_unref(&c);
	json_decref(doc);
}

static void test_all_of_it(void **state)
{
	char *pem = pem_of(EVP_EC_gen("P-256"), PKCS8);
	json_t *body = json("{" BASE ",'name':'id','type':'oauth2',"
			    "'clientAuth':'private_key_jwt','keyId':'k1',"
			    "'scope':'a b','audience':'https://a/',"
			    "'resource':['https://r/','urn:x:y'],"
			    "'extraParams':{'tenant':'t1','api_key':"
			    "'topsecret'}}");
	struct fault fault = {0};
	struct credential *c;
	json_t *doc, *view;
	char *stored, *shown;

	(void)state;
	json_object_set_new(body, "privateKey", json_string(pem));
	doc = credential_new(&env, ID, body, &fault);
	if (!doc)
		fail_msg("%s %s", fault.field, fault.detail);
	c = read_back(doc);
	assert_string_equal(c->private_key, pem);
	assert_null(c->client_secret);
	assert_string_equal(c->key_id, "k1");
	assert_int_equal(c->n_resources, 2);
	assert_string_equal(c->resources[1], "urn:x:y");
	assert_int_equal(c->n_params, 2);
	assert_string_equal(c->params[1].value, "topsecret");
	credential_unref(&c);
	view = credential_view(&env, doc);
	stored = json_dumps(doc, 0);
	shown = json_dumps(view, 0);
	assert_null(strstr(stored, "topsecret"));
	assert_null(strstr(stored, "PRIVATE KEY"));
	assert_null(strstr(shown, "topsecret"));
	assert_null(strstr(shown, "sealed:"));
	assert_string_equal(text_of(view, "privateKey"), SECRET_MASK);
	assert_string_equal(
	    text_of(json_object_get(view, "extraParams"), "tenant"), "t1");
	free(stored);
	free(shown);
	free(pem);
	json_decref(view);
	json_decref(doc);
	json_decref(body);
}

/* A name that sounds like a secret hides its value. */
static void test_masks(void **state)
{
	static const struct {
		const char *name;
		bool masked;
	} names[] = {
	    {"tenant", false},	     {"resource_id", false},
	    {"x-api-KEY", true},     {"userPassword", true},
	    {"Refresh_Token", true}, {"sub_assertion", true},
	    {"theSECRET", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *body = json("{" BASIC "}"), *doc, *view;
		struct fault fault = {0};

		json_object_set_new(body, "extraParams",
				    json_pack("{s:s}", names[i].name, "clear"));
		doc = credential_new(&env, ID, body, &fault);
		view = credential_view(&env, doc);
		assert_string_equal(
		    text_of(json_object_get(view, "extraParams"),
			    names[i].name),
		    names[i].masked ? SECRET_MASK : "clear");
		json_decref(view);
		json_decref(doc);
		json_decref(body);
	}
}

/* Under another key nothing opens: that is no reason to show what is sealed. */
static void test_what_does_not_open_is_masked(void **state)
{
	static const uint8_t other[32] = {6};
	json_t *doc = make("{" BASIC ",'extraParams':{'tenant':'t1'}}"), *view;
	struct draft_env wrong = env;

	(void)state;
	wrong.master_key = other;
	view = credential_view(&wrong, doc);
	assert_string_equal(
	    text_of(json_object_get(view, "extraParams"), "tenant"),
	    SECRET_MASK);
	json_decref(view);
	json_decref(doc);
}

/* What was read can be sent back, states included. */
static void test_round_trip(void **state)
{
	json_t *first = make("{" BASIC ",'name':'id','extraParams':{'tenant':"
			     "'t1','api_key':'k'}}");
	json_t *view = credential_view(&env, first), *second;
	struct fault fault = {0};
	struct credential *c;

	(void)state;
	json_object_set_new(view, "state", json_string("valid"));
	json_object_set_new(view, "expiresAt", json_null());
	json_object_set_new(view, "renewAt", json_null());
	json_object_set_new(view, "lastFetchAt", json_null());
	json_object_set_new(view, "lastError", json_object());
	second = credential_patch(&env, first, view, &fault);
	if (!second)
		fail_msg("%s %s", fault.field, fault.detail);
	c = read_back(second);
	assert_int_equal(c->version, 2);
	assert_string_equal(c->client_secret, "topsecret");
	assert_int_equal(c->n_params, 2);
	assert_string_equal(c->params[0].value, "t1");
	assert_string_equal(c->params[1].value, "k");
	assert_null(json_object_get(second, "state"));
	assert_null(json_object_get(second, "lastError"));
	credential_unref(&c);
	json_decref(second);
	json_decref(view);
	json_decref(first);
}

static void test_patch(void **state)
{
	json_t *first = make("{" BASIC ",'scope':'a','resource':['https://r/'],"
			     "'extraParams':{'a':'1','b':'2'}}");
	json_t *second =
	    patch(first, "{'scope':null,'resource':'https://s/',"
			 "'extraParams':{'a':null,'c':'3'},'name':'n'}");
	struct credential *c = read_back(second);
	json_t *third;

	(void)state;
	assert_null(c->scope);
	assert_int_equal(c->n_resources, 1);
	assert_string_equal(c->resources[0], "https://s/");
	assert_int_equal(c->n_params, 2);
	credential_unref(&c);
	third = patch(second, "{'extraParams':{'b':null,'c':null},"
			      "'name':null,'version':2}");
	assert_null(json_object_get(third, "extraParams"));
	assert_null(json_object_get(third, "name"));
	refused(second, "{'version':1}", "conflict", "version");
	json_decref(first);
	json_decref(second);
	json_decref(third);
}

/* Another way to authenticate drops the other secret. */
static void test_another_way(void **state)
{
	char *pem = pem_of(EVP_EC_gen("P-256"), PKCS8);
	json_t *first = make("{" BASIC "}"), *second, *third;
	json_t *body = json("{'clientAuth':'private_key_jwt','keyId':'k',"
			    "'clientSecret':'***'}");
	struct fault fault = {0};

	(void)state;
	refused(first, "{'clientAuth':'private_key_jwt'}", "invalid",
		"privateKey");
	refused(first, "{'clientAuth':'private_key_jwt','privateKey':'***'}",
		"masked", "privateKey");
	json_object_set_new(body, "privateKey", json_string(pem));
	second = credential_patch(&env, first, body, &fault);
	if (!second)
		fail_msg("%s %s", fault.field, fault.detail);
	assert_null(json_object_get(second, "clientSecret"));
	assert_string_equal(text_of(second, "keyId"), "k");
	refused(second, "{'clientSecret':'topsecret'}", "invalid",
		"clientSecret");
	refused(second, "{'clientAuth':'client_secret_post'}", "invalid",
		"clientSecret");
	/* As an editor sends it: what is there unchanged, but for the way. */
	third = patch(second, "{'clientAuth':'client_secret_post','keyId':'k',"
			      "'privateKey':'***','clientSecret':'s'}");
	assert_null(json_object_get(third, "privateKey"));
	assert_null(json_object_get(third, "keyId"));
	refused(third, "{'keyId':'k2'}", "invalid", "keyId");
	json_object_set_new(body, "clientAuth",
			    json_string("client_secret_basic"));
	json_object_set_new(body, "clientSecret", json_string("topsecret"));
	json_object_del(body, "keyId");
	refused_body(third, body, "invalid", "privateKey");
	free(pem);
	json_decref(first);
	json_decref(second);
	json_decref(third);
}

static const struct refusal {
	const char *text, *code, *field;
} refusals[] = {
    {"'colour':1", "unknown_field", "colour"},
    {"'id':'" ID "'", "read_only", "id"},
    {"'state':'none'", "read_only", "state"},
    {"'name':''", "invalid", "name"},
    {"'type':'basic'", "invalid", "type"},
    {"'tokenUrl':null", "invalid", "tokenUrl"},
    {"'tokenUrl':'http://id.example.com/'", "invalid", "tokenUrl"},
    {"'tokenUrl':'https://10.0.0.1/'", "invalid", "tokenUrl"},
    {"'tokenUrl':'https://u:p@id.example.com/'", "invalid", "tokenUrl"},
    {"'tokenUrl':'https://id.example.com/#a'", "invalid", "tokenUrl"},
    {"'tokenUrl':'https://id.example.com/{{a}}'", "invalid", "tokenUrl"},
    {"'clientId':''", "invalid", "clientId"},
    {"'clientId':'a\\u000a'", "invalid", "clientId"},
    {"'clientSecret':null", "invalid", "clientSecret"},
    {"'clientSecret':''", "invalid", "clientSecret"},
    {"'clientSecret':7", "invalid", "clientSecret"},
    {"'clientSecret':'***'", "masked", "clientSecret"},
    {"'clientSecret':'topsecret\\u000a'", "invalid", "clientSecret"},
    {"'clientAuth':'none'", "invalid", "clientAuth"},
    {"'clientAuth':1", "invalid", "clientAuth"},
    {"'privateKey':'topsecret'", "invalid", "privateKey"},
    {"'keyId':'k'", "invalid", "keyId"},
    {"'scope':'a  b'", "invalid", "scope"},
    {"'scope':'a\\u0022'", "invalid", "scope"},
    {"'scope':['a']", "invalid", "scope"},
    {"'audience':''", "invalid", "audience"},
    {"'resource':[]", "invalid", "resource"},
    {"'resource':'a/b'", "invalid", "resource"},
    {"'resource':'1a:b'", "invalid", "resource"},
    {"'resource':':b'", "invalid", "resource"},
    {"'resource':'https://r/#f'", "invalid", "resource"},
    {"'resource':['https://r/',1]", "invalid", "resource"},
    {"'extraParams':[]", "invalid", "extraParams"},
    {"'extraParams':{'':'a'}", "invalid", "extraParams"},
    {"'extraParams':{'a b':'a'}", "invalid", "extraParams"},
    {"'extraParams':{'a':1}", "invalid", "extraParams.a"},
    {"'extraParams':{'a':'***'}", "masked", "extraParams.a"},
    {"'extraParams':{'scope':'a'}", "invalid", "extraParams.scope"},
    {"'extraParams':{'client_assertion_type':'a'}", "invalid",
     "extraParams.client_assertion_type"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		json_t *body = json("{" BASIC "}"), *more;
		char text[512];

		snprintf(text, sizeof(text), "{%s}", refusals[i].text);
		more = json(text);
		json_object_update(body, more);
		json_decref(more);
		refused_body(NULL, body, refusals[i].code, refusals[i].field);
	}
	refused(NULL, "{}", "invalid", "tokenUrl");
}

/* Thirty-two and no more, whether at once or one after the other. */
static void test_number_of_params(void **state)
{
	json_t *body = json("{" BASIC "}"), *params = json_object(), *doc;
	struct fault fault = {0};
	char name[CREDENTIAL_PARAM_NAME_MAX + 2];

	(void)state;
	for (int i = 0; i < CREDENTIAL_PARAMS_MAX; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		json_object_set_new(params, name, json_string("v"));
	}
	json_object_set(body, "extraParams", params);
	doc = credential_new(&env, ID, body, &fault);
	assert_non_null(doc);
	refused(doc, "{'extraParams':{'one':'more'}}", "invalid",
		"extraParams");
	json_object_set_new(params, "p32", json_string("v"));
	refused_body(NULL, body, "invalid", "extraParams");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	body = json_pack("{s:{s:s}}", "extraParams", name, "v");
	refused_body(doc, body, "invalid", "extraParams");
	name[CREDENTIAL_PARAM_NAME_MAX] = 0;
	body = json_pack("{s:{s:n,s:s}}", "extraParams", "p1", name, "v");
	json_decref(params);
	params = credential_patch(&env, doc, body, &fault);
	assert_non_null(params);
	json_decref(params);
	json_decref(body);
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_a_key_of_two_halves),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_all_of_it),
	    cmocka_unit_test(test_masks),
	    cmocka_unit_test(test_what_does_not_open_is_masked),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_patch),
	    cmocka_unit_test(test_another_way),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_number_of_params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
