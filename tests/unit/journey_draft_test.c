/*
 * journey_draft_test - the webhooks that journeys call, from a request to the
 * document.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "console_test.h"

#define ID "wh_01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define BASE "'name':'crm','kind':'journey','url':'https://example.com/'"

static json_t *make(const char *text)
{
	struct draft draft;
	json_t *body = json(text);
	struct fault fault = {0};

	if (!draft_new(&env, ID, body, &draft, &fault))
		fail_msg("%s %s", fault.field, fault.detail);
	json_decref(body);
	return draft.doc;
}

static const char *text(const json_t *doc, const char *field)
{
	return json_string_value(json_object_get(doc, field));
}

static void test_defaults(void **state)
{
	json_t *doc = make("{" BASE "}");

	(void)state;
	assert_string_equal(text(doc, "method"), "POST");
	assert_string_equal(text(doc, "contentType"), "application/json");
	assert_string_equal(text(doc, "escape"), "auto");
	assert_string_equal(text(doc, "missing"), "empty");
	assert_true(json_is_true(json_object_get(doc, "keepAnswer")));
	assert_null(json_object_get(doc, "eventNames"));
	assert_null(json_object_get(doc, "ordering"));
	json_decref(doc);
	doc = make("{" BASE ",'method':'GET','dataRetrieval':{'name':'a'}}");
	assert_null(json_object_get(doc, "contentType"));
	assert_true(json_is_true(
	    json_object_get(json_object_get(doc, "dataRetrieval"), "enabled")));
	json_decref(doc);
}

/* What is shown, and what is exported, makes the same again. */
static void test_round_trip(void **state)
{
	json_t *doc = make("{" BASE ",'method':'GET','hosts':['*.a.example'],"
			   "'sendProfileFields':['firstName'],"
			   "'capture':{'profileFields':{'tier':'$.tier'}},"
			   "'dataRetrieval':{'name':'weather','fields':{'sky':{"
			   "'path':'$.sky','type':'string','default':'?'}}}}");
	json_t *view = draft_view(doc, NULL), *file = draft_export(doc);
	struct fault fault = {0};
	struct draft draft;

	(void)state;
	assert_true(draft_patch(&env, doc, view, &draft, &fault));
	assert_true(json_equal(json_object_get(doc, "dataRetrieval"),
			       json_object_get(draft.doc, "dataRetrieval")));
	json_decref(draft.doc);
	assert_true(draft_replace(&env, doc, file, &draft, &fault));
	assert_true(json_equal(json_object_get(doc, "capture"),
			       json_object_get(draft.doc, "capture")));
	json_decref(draft.doc);
	json_decref(view);
	json_decref(file);
	json_decref(doc);
}

static const struct kind_change {
	const char *was, *patch, *field; /* field NULL: taken */
} changes[] = {
    {"{" BASE "}",
     "{'kind':'system','eventNames':['a'],'escape':null,'missing':null}",
     "kind"},
    {"{'name':'a','url':'https://example.com/','eventNames':['a']}",
     "{'kind':'journey','eventNames':null,'ordering':null}", "kind"},
    {"{" BASE "}", "{'kind':'journey','method':'PUT'}", NULL},
    {"{" BASE ",'body':'x'}", "{'body':null,'method':'DELETE'}", NULL},
};

static void test_kind_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		json_t *doc = make(changes[i].was);
		json_t *body = json(changes[i].patch);
		struct fault fault = {0};
		struct draft draft;
		bool ok = draft_patch(&env, doc, body, &draft, &fault);

		assert_string_equal(fault.field,
				    changes[i].field ? changes[i].field : "");
		if (ok)
			json_decref(draft.doc);
		json_decref(body);
		json_decref(doc);
	}
}

#define RETRIEVAL(fields) \
	"'dataRetrieval':{'name':'weather','fields':{" fields "}}"

static const struct refusal {
	const char *text, *code, *field; /* code NULL: taken */
} rows[] = {
    {"'eventNames':['a']", "invalid", "eventNames"},
    {"'filter':{'n':1}", "invalid", "filter"},
    {"'ordering':'none'", "invalid", "ordering"},
    {"'batch':{}", "invalid", "batch"},
    {"'method':'HEAD'", "invalid", "method"},
    {"'method':7", "invalid", "method"},
    {"'body':7", "invalid", "body"},
    {"'body':''", NULL, NULL},
    {"'escape':'xml'", "invalid", "escape"},
    {"'missing':'ignore'", "invalid", "missing"},
    {"'hosts':[]", "invalid", "hosts"},
    {"'hosts':['a/b']", "invalid", "hosts"},
    {"'hosts':['*.*.a']", "invalid", "hosts"},
    {"'hosts':['*']", "invalid", "hosts"},
    {"'sendProfileFields':[1]", "invalid", "sendProfileFields"},
    {"'sendProfileFields':[]", NULL, NULL},
    {"'capture':{'profileFields':{'a':'$.a'}}", "invalid", "capture"},
    {"'method':'GET','capture':{'profileFields':{'a':'$.a'}}", NULL, NULL},
    {"'method':'GET','capture':{'profileFields':{}}", "invalid",
     "capture.profileFields"},
    {"'method':'GET','capture':{'profileFields':{'a':7}}", "invalid",
     "capture.profileFields.a"},
    {"'method':'GET','capture':{'x':1}", "unknown_field", "capture.x"},
    {"'dataRetrieval':{}", "invalid", "dataRetrieval.name"},
    {"'dataRetrieval':{'name':'7a'}", "invalid", "dataRetrieval.name"},
    {"'dataRetrieval':{'name':'a','enabled':1}", "invalid",
     "dataRetrieval.enabled"},
    {"'dataRetrieval':{'name':'a'}", NULL, NULL},
    {RETRIEVAL(""), "invalid", "dataRetrieval.fields"},
    {RETRIEVAL("'sky':{'type':'string'}"), "invalid",
     "dataRetrieval.fields.sky.path"},
    {RETRIEVAL("'sky':{'path':'$.a','type':'text'}"), "invalid",
     "dataRetrieval.fields.sky.type"},
    {RETRIEVAL("'sky':{'path':'$.a','type':'number','default':'?'}"), "invalid",
     "dataRetrieval.fields.sky.default"},
    {RETRIEVAL("'sky':{'path':'$.a','type':'number','x':1}"), "unknown_field",
     "dataRetrieval.fields.sky.x"},
    {"'url':'https://example.com/{{event.id}}?a={{#if b}}1{{/if}}'", NULL,
     NULL},
    {"'url':'https://example.com/{{{a.b}}}/c'", NULL, NULL},
    {"'url':'{{scheme}}://example.com/'", "invalid", "url"},
    {"'url':'https://{{host}}/'", "invalid", "url"},
    {"'url':'https://{{host}}/','hosts':['a.example']", NULL, NULL},
    {"'url':'https://{{host}}','hosts':['*.a.example']", NULL, NULL},
    {"'url':'https://a@{{host}}/','hosts':['a.example']", "invalid", "url"},
    {"'url':'https://{{a}}@b','hosts':['a.example']", "invalid", "url"},
    {"'url':'example.com/{{a}}'", "invalid", "url"},
    {"'url':''", "invalid", "url"},
    {"'url':'https://a.example:{{port}}/'", "invalid", "url"},
    {"'url':'https://{{{a}}}:{{b}}/c d','hosts':['a.example']", "invalid",
     "url"},
    {"'url':'https://127.0.0.1/{{a}}'", "invalid", "url"},
    {"'url':'https://example.com/{{a'", "invalid", "url"},
    {"'url':'ftp://example.com/{{a}}'", "invalid", "url"},
    {"'headers':{'webhook-id':'{{a}}'}", "invalid", "headers.webhook-id"},
    {"'headers':{'X-Id':'{{event.id}}'}", NULL, NULL},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char more_text[512];
		struct fault fault = {0};
		struct draft draft;
		json_t *body = json("{" BASE "}"), *more;
		bool ok;

		snprintf(more_text, sizeof(more_text), "{%s}", rows[i].text);
		more = json(more_text);
		json_object_update(body, more);
		ok = draft_new(&env, ID, body, &draft, &fault);
		if (ok != !rows[i].code)
			fail_msg("%s: %s %s", rows[i].text, fault.field,
				 fault.detail);
		if (ok) {
			json_decref(draft.doc);
		} else {
			assert_string_equal(fault.code, rows[i].code);
			assert_string_equal(fault.field, rows[i].field);
		}
		json_decref(more);
		json_decref(body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_kind_stays),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
