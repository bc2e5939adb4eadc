/*
 * webhook_draft_test - from a request to a webhook's document and back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "console_test.h"
#include "store/webhook.h"

#define ID "wh_01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define CREDENTIAL "cred_01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define BASE \
	"'name':'crm','url':'https://example.com/','eventNames':['emailSend']"

static json_t *make(const char *text, struct draft *draft)
{
	json_t *body = json(text);
	struct fault fault = {0};

	if (!draft_new(&env, ID, body, draft, &fault))
		fail_msg("%s %s", fault.field, fault.detail);
	json_decref(body);
	return draft->doc;
}

static struct webhook *read_back(const json_t *doc)
{
	char *text = json_dumps(doc, 0);
	const struct webhook_source source = {
	    .document = slice_of(text),
	    .with_filter = true,
	    .with_request = true,
	    .master_key = key,
	};
	struct webhook *w;
	const char *fault;

	if (webhook_parse(&source, &w, &fault) != ERR_OK)
		fail_msg("%s", fault);
	free(text);
	return w;
}

static void test_defaults(void **state)
{
	struct draft draft;
	json_t *doc = make("{" BASE "}", &draft), *view;
	struct webhook *w = read_back(doc);

	(void)state;
	assert_true(w->enabled);
	assert_true(w->signing);
	assert_int_equal(w->n_secrets, 1);
	assert_int_equal(w->n_retry_delays, 9);
	assert_int_equal(w->version, 1);
	assert_string_equal(w->project, "acme");
	assert_int_equal(strncmp(draft.generated, "whsec_", 6), 0);
	view = draft_view(doc, NULL);
	assert_true(json_is_null(json_object_get(view, "disabledReason")));
	draft_show_generated(view, &draft);
	assert_string_equal(
	    json_string_value(json_array_get(
		json_object_get(json_object_get(view, "signing"), "secrets"),
		0)),
	    draft.generated);
	webhook_unref(&w);
	json_decref(view);
	json_decref(doc);
}

static void test_secrets_are_sealed_and_masked(void **state)
{
	struct draft draft;
	json_t *doc = make("{" BASE ",'headers':{'X-K':'topsecret'},'auth':{"
			   "'type':'basic','username':'ada','password':"
			   "'topsecret'}}",
			   &draft);
	json_t *view = draft_view(doc, "gone");
	char *stored = json_dumps(doc, 0), *shown = json_dumps(view, 0);
	struct webhook *w = read_back(doc);

	(void)state;
	assert_null(strstr(stored, "topsecret"));
	assert_null(strstr(shown, "topsecret"));
	assert_null(strstr(shown, "sealed:"));
	assert_true(json_is_false(json_object_get(view, "enabled")));
	assert_string_equal(w->headers[0].value, "topsecret");
	assert_string_equal(w->auth_secret, "topsecret");
	webhook_unref(&w);
	free(stored);
	free(shown);
	json_decref(view);
	json_decref(doc);
}

static json_t *patch(const json_t *old, const char *text, struct draft *draft)
{
	json_t *body = json(text);
	struct fault fault = {0};

	if (!draft_patch(&env, old, body, draft, &fault))
		fail_msg("%s %s", fault.field, fault.detail);
	json_decref(body);
	return draft->doc;
}

static void test_patch(void **state)
{
	struct draft draft;
	json_t *first = make("{" BASE ",'headers':{'A':'1','B':'2'},'auth':{"
			     "'type':'bearer','token':'t'}}",
			     &draft);
	json_t *second = patch(first,
			       "{'headers':{'A':'***','B':null,'C':'3'},"
			       "'auth':{'type':'basic','username':'u',"
			       "'password':'p'},'timeoutMs':500,"
			       "'batch':{'maxWaitMs':7},"
			       "'signing':{'secrets':['***']},'version':1}",
			       &draft);
	struct webhook *w = read_back(second);

	(void)state;
	assert_int_equal(w->version, 2);
	assert_int_equal(w->timeout_ms, 500);
	assert_int_equal(w->batch_events, 100);
	assert_int_equal(w->batch_wait_ms, 7);
	assert_int_equal(w->n_headers, 2);
	assert_string_equal(w->headers[0].value, "1");
	assert_string_equal(w->headers[1].value, "3");
	assert_int_equal(w->auth, AUTH_BASIC);
	assert_int_equal(w->n_secrets, 1);
	assert_string_equal(draft.generated, "");
	assert_false(draft.clear_disabled);
	webhook_unref(&w);
	json_decref(second);
	second = patch(first, "{'enabled':true}", &draft);
	assert_true(draft.clear_disabled);
	json_decref(second);
	json_decref(first);
}

/* What was read can be sent back. */
/* A filter is replaced, not merged, and its nulls stay. */
static void test_filter(void **state)
{
	struct draft draft;
	json_t *one =
	    make("{" BASE ",'filter':{'email':null,'userId':'u'}}", &draft);
	json_t *two, *none;
	struct webhook *w = read_back(one);
	(void)state;

	assert_int_equal(json_object_size(json_object_get(one, "filter")), 2);
	assert_non_null(w->filter);
	webhook_unref(&w);
	two = patch(one, "{'filter':{'email':{'$ne':null}}}", &draft);
	assert_int_equal(json_object_size(json_object_get(two, "filter")), 1);
	none = patch(two, "{'name':'other'}", &draft);
	assert_non_null(json_object_get(none, "filter"));
	json_decref(none);
	none = patch(two, "{'filter':{}}", &draft);
	assert_null(json_object_get(none, "filter"));
	json_decref(none);
	none = patch(two, "{'filter':null}", &draft);
	assert_null(json_object_get(none, "filter"));
	w = read_back(none);
	assert_null(w->filter);
	webhook_unref(&w);
	json_decref(one);
	json_decref(two);
	json_decref(none);
}

static void test_round_trip(void **state)
{
	struct draft draft;
	json_t *first = make("{" BASE ",'headers':{'A':'1'}}", &draft);
	json_t *view = draft_view(first, NULL);
	char *text = json_dumps(view, 0);
	json_t *second = patch(first, text, &draft);
	struct webhook *w = read_back(second);

	(void)state;
	assert_string_equal(w->headers[0].value, "1");
	webhook_unref(&w);
	free(text);
	json_decref(view);
	json_decref(second);
	json_decref(first);
}

static void test_rotate(void **state)
{
	struct draft draft;
	json_t *first = make("{" BASE "}", &draft), *second, *third;
	struct draft_env later = env;
	struct fault fault = {0};
	struct webhook *w;

	(void)state;
	assert_true(draft_rotate(&env, first, NULL, &draft, &fault));
	second = draft.doc;
	w = read_back(second);
	assert_int_equal(w->version, 2);
	assert_int_equal(w->n_secrets, 2);
	assert_int_equal(w->secrets[0].until_ms, 0);
	assert_int_equal(w->secrets[1].until_ms, env.now_ms + 86400000);
	webhook_unref(&w);
	later.now_ms += 86400001;
	assert_true(draft_rotate(&later, second, NULL, &draft, &fault));
	third = draft.doc;
	w = read_back(third);
	assert_int_equal(w->n_secrets, 2);
	assert_int_equal(w->secrets[1].until_ms, later.now_ms + 86400000);
	webhook_unref(&w);
	json_decref(first);
	json_decref(second);
	json_decref(third);
}

/* What has ended is gone at the next change, whatever it is of. */
static void test_ended_secrets_go(void **state)
{
	struct draft draft;
	json_t *first =
		   make("{" BASE ",'signing':{'algorithm':'ed25519'}}", &draft),
	       *second, *third, *body = json("{'timeoutMs':500}");
	struct draft_env later = env;
	struct fault fault = {0};
	struct webhook *w;

	(void)state;
	assert_true(draft_rotate(&env, first, NULL, &draft, &fault));
	second = draft.doc;
	later.now_ms += 86400000 - 1;
	assert_true(draft_patch(&later, second, body, &draft, &fault));
	w = read_back(draft.doc);
	assert_int_equal(w->n_secrets, 2);
	assert_int_equal(w->secrets[1].kind, SIGNING_ED25519);
	webhook_unref(&w);
	json_decref(draft.doc);
	later.now_ms++;
	assert_true(draft_patch(&later, second, body, &draft, &fault));
	third = draft.doc;
	w = read_back(third);
	assert_int_equal(w->n_secrets, 1);
	assert_int_equal(w->secrets[0].until_ms, 0);
	webhook_unref(&w);
	json_decref(body);
	json_decref(first);
	json_decref(second);
	json_decref(third);
}

static bool has_one(const void *arg, const char *project, const char *id)
{
	return !strcmp(project, arg) && !strcmp(id, CREDENTIAL);
}

/* A credential is named, not kept; one that has gone since leaves the rest of
 * the webhook alone. */
static void test_credential(void **state)
{
	struct draft_env with = env;
	struct draft draft;
	struct fault fault = {0};
	json_t *body = json("{" BASE
			    ",'auth':{'type':'oauth2','credential':'" CREDENTIAL
			    "'}}"),
	       *first, *view, *rename = json("{'name':'other'}");
	struct webhook *w;

	(void)state;
	with.has_credential = has_one;
	with.arg = "other";
	assert_false(draft_new(&with, ID, body, &draft, &fault));
	with.arg = "acme";
	assert_true(draft_new(&with, ID, body, &draft, &fault));
	first = draft.doc;
	w = read_back(first);
	assert_int_equal(w->auth, AUTH_OAUTH2);
	webhook_unref(&w);
	view = draft_view(first, NULL);
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(view, "auth"), "credential")),
			    CREDENTIAL);
	assert_true(draft_patch(&env, first, rename, &draft, &fault));
	json_decref(draft.doc);
	assert_false(draft_patch(&env, first, view, &draft, &fault));
	assert_string_equal(fault.field, "auth.credential");
	assert_false(draft_replace(&env, first, body, &draft, &fault));
	json_decref(first);
	json_decref(rename);
	json_decref(view);
	json_decref(body);
}

static const struct refusal {
	const char *text, *code, *field;
} refusals[] = {
    {"'kind':'other'", "invalid", "kind"},
    {"'kind':'journey'", "invalid", "eventNames"},
    {"'filter':1", "invalid", "filter"},
    {"'filter':{'dataFields.n':{'$gt':[]}}", "invalid",
     "filter.dataFields.n.$gt"},
    {"'filter':{'$or':[{},{'n':1}]}", "invalid", "filter.$or[1].n"},
    {"'capture':{}", "invalid", "capture"},
    {"'body':'x'", "invalid", "body"},
    {"'escape':'json'", "invalid", "escape"},
    {"'missing':'fail'", "invalid", "missing"},
    {"'hosts':['a.example']", "invalid", "hosts"},
    {"'sendProfileFields':[]", "invalid", "sendProfileFields"},
    {"'dataRetrieval':{'name':'a'}", "invalid", "dataRetrieval"},
    {"'keepAnswer':1", "invalid", "keepAnswer"},
    {"'auth':{'type':'oauth2'}", "invalid", "auth.credential"},
    {"'auth':{'type':'oauth2','credential':'" ID "'}", "invalid",
     "auth.credential"},
    {"'auth':{'type':'oauth2','credential':'" CREDENTIAL "'}", "invalid",
     "auth.credential"},
    {"'auth':{'type':'oauth2','credential':'" CREDENTIAL "','token':'t'}",
     "unknown_field", "auth.token"},
    {"'auth':{'type':'digest'}", "invalid", "auth.type"},
    {"'url':'https://{{a}}.example.com/'", "invalid", "url"},
    {"'url':'https://example.com/{{a'", "invalid", "url"},
    {"'url':'https://127.0.0.1/'", "invalid", "url"},
    {"'id':'" ID "'", "read_only", "id"},
    {"'disabledReason':null", "read_only", "disabledReason"},
    {"'colour':1", "unknown_field", "colour"},
    {"'limits':{'x':1}", "unknown_field", "limits.x"},
    {"'limits':[]", "invalid", "limits"},
    {"'batch':1", "invalid", "batch"},
    {"'batch':{'maxEvents':0}", "invalid", "batch.maxEvents"},
    {"'batch':{'maxEvents':1001}", "invalid", "batch.maxEvents"},
    {"'batch':{'maxWaitMs':60001}", "invalid", "batch.maxWaitMs"},
    {"'batch':{'x':1}", "unknown_field", "batch.x"},
    {"'limits':{'concurrency':1.5}", "invalid", "limits.concurrency"},
    {"'headers':{'webhook-id':'x'}", "invalid", "headers.webhook-id"},
    {"'headers':{'Proxy-Foo':'x'}", "invalid", "headers.Proxy-Foo"},
    {"'headers':{'A':'x\\u000a'}", "invalid", "headers.A"},
    {"'headers':{'a b':'x'}", "invalid", "headers"},
    {"'headers':{'authorization':'x'},'auth':{'type':'bearer',"
     "'token':'t'}",
     "invalid", "headers.Authorization"},
    {"'tls':[]", "invalid", "tls"},
    {"'tls':{'ca':'x'}", "invalid", "tls.ca"},
    {"'tls':{'x':1}", "unknown_field", "tls.x"},
    {"'tls':{'clientCertificate':'x'}", "invalid", "tls.clientKey"},
    {"'headers':{'A':'x','a':'y'}", "invalid", "headers"},
    {"'headers':{'A':7}", "invalid", "headers.A"},
    {"'auth':'x'", "invalid", "auth"},
    {"'auth':{'type':'bearer'}", "invalid", "auth.token"},
    {"'signing':{'secrets':['whsec_AAAA']}", "invalid", "signing.secrets"},
    {"'signing':7", "invalid", "signing"},
    {"'retry':{'delaysS':[1,'2']}", "invalid", "retry.delaysS"},
    {"'eventNames':['*','a']", "invalid", "eventNames"},
    {"'method':'PUT'", "invalid", "method"},
};

static void test_refused(void **state)
{
	struct draft draft;

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		char text[512];
		struct fault fault = {0};
		json_t *body = json("{" BASE "}"), *more;

		snprintf(text, sizeof(text), "{%s}", refusals[i].text);
		more = json(text);
		json_object_update(body, more);
		assert_false(draft_new(&env, ID, body, &draft, &fault));
		assert_string_equal(fault.code, refusals[i].code);
		assert_string_equal(fault.field, refusals[i].field);
		json_decref(more);
		json_decref(body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_secrets_are_sealed_and_masked),
	    cmocka_unit_test(test_patch),
	    cmocka_unit_test(test_filter),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_rotate),
	    cmocka_unit_test(test_ended_secrets_go),
	    cmocka_unit_test(test_credential),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
