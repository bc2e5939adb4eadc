/*
 * apply_plan_test - what becomes of each webhook of a file, and of its secrets.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "apply_plan.h"
#include "console_test.h"

#define ID "wh_01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define URL "'url':'https://example.com/','eventNames':['*']"

/* A plan for a project that has this webhook. */
static struct plan *plan_with(const char *have)
{
	struct plan *p = plan_new(1, 3);
	struct draft draft;
	struct fault fault = {0};
	json_t *body = json(have);

	if (!draft_new(&env, ID, body, &draft, &fault))
		fail_msg("%s %s", fault.field, fault.detail);
	plan_have(p, draft.doc, SLICE_LIT("as it is kept"));
	json_decref(body);
	return p;
}

static bool want(struct plan *p, size_t i, json_t *body, struct fault *fault)
{
	*fault = (struct fault){0};
	return plan_want(p, &env, i, body, fault);
}

/* The action for the one webhook there is, when the file says so. */
static enum plan_action action_for(const char *have, const char *file)
{
	struct plan *p = plan_with(have);
	json_t *body = json(file);
	struct fault fault;
	enum plan_action action;

	if (!want(p, 0, body, &fault))
		fail_msg("%s %s", fault.field, fault.detail);
	plan_finish(p, true);
	assert_int_equal(plan_count(p), 1);
	action = plan_at(p, 0)->action;
	plan_free(&p);
	json_decref(body);
	return action;
}

static void test_same_or_not(void **state)
{
	static const char have[] =
	    "{'name':'a'," URL ",'auth':{'type':'bearer','token':'t'},"
	    "'headers':{'X-A':'1'}}";

	(void)state;
	assert_int_equal(action_for(have, have), PLAN_SAME);
	assert_int_equal(
	    action_for(have, "{'name':'a'," URL ",'headers':{'X-A':'***'},"
			     "'auth':{'type':'bearer','token':'***'}}"),
	    PLAN_SAME);
	assert_int_equal(action_for(have,
				    "{'name':'a'," URL ",'headers':{'X-A':'2'},"
				    "'auth':{'type':'bearer','token':'***'}}"),
			 PLAN_UPDATE);
	assert_int_equal(
	    action_for(have, "{'name':'a'," URL ",'headers':{'X-A':'***'},"
			     "'auth':{'type':'bearer','token':'T'}}"),
	    PLAN_UPDATE);
	assert_int_equal(action_for(have,
				    "{'name':'a'," URL ",'timeoutMs':null,"
				    "'auth':{'type':'bearer','token':'t'}}"),
			 PLAN_UPDATE);
}

/* What a rotation left is dropped with the next change, and is none itself. */
static void test_a_rotation_that_is_over(void **state)
{
	static const char have[] = "{'name':'a'," URL "}";
	struct draft_env later = env;
	struct plan *p = plan_with(have);
	json_t *body = json(have), *doc;
	struct draft rotated;
	struct fault fault = {0};

	(void)state;
	assert_true(
	    draft_rotate(&env, plan_at(p, 0)->old, NULL, &rotated, &fault));
	doc = rotated.doc;
	plan_free(&p);
	for (int day = 0; day < 3; day++) {
		p = plan_new(1, 1);
		plan_have(p, json_incref(doc), SLICE_LIT("x"));
		assert_true(plan_want(p, &later, 0, body, &fault));
		plan_finish(p, true);
		assert_int_equal(plan_at(p, 0)->action, PLAN_SAME);
		plan_free(&p);
		later.now_ms += 24u * 3600 * 1000;
	}
	json_decref(doc);
	json_decref(body);
}

static void test_order_and_prune(void **state)
{
	struct plan *p = plan_with("{'name':'m'," URL "}");
	json_t *z = json("{'name':'z'," URL "}"),
	       *a = json("{'name':'a'," URL "}"), *view;
	struct fault fault;

	(void)state;
	assert_true(want(p, 0, z, &fault));
	assert_true(want(p, 1, a, &fault));
	plan_finish(p, true);
	assert_int_equal(plan_changes(p), 3);
	assert_string_equal(plan_at(p, 0)->name, "z");
	assert_string_equal(plan_at(p, 1)->name, "a");
	assert_string_equal(plan_at(p, 2)->name, "m");
	assert_int_equal(plan_at(p, 2)->action, PLAN_DELETE);
	assert_string_equal(plan_at(p, 2)->id, ID);
	assert_string_equal(plan_at(p, 2)->old_text, "as it is kept");
	assert_true(plan_at(p, 0)->draft.generated[0] != '\0');
	view = plan_view(p);
	assert_int_equal(json_array_size(view), 3);
	json_decref(view);
	plan_free(&p);
	json_decref(z);
	json_decref(a);
}

static void test_faults_name_the_webhook(void **state)
{
	static const struct {
		const char *file, *field;
	} cases[] = {
	    {"{'name':'b','url':'https://example.com/'}",
	     "webhooks[2].eventNames"},
	    {"{'name':'b'," URL ",'headers':{'X-A':'***'}}",
	     "webhooks[2].headers.X-A"},
	    {"{'name':'a'," URL ",'headers':{'X-B':'***'}}",
	     "webhooks[2].headers.X-B"},
	    {"{'name':'b'," URL ",'colour':1}", "webhooks[2].colour"},
	    {"{'name':7}", "webhooks[2].name"},
	    {"[]", "webhooks[2]"},
	};
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan *p = plan_with("{'name':'a'," URL "}");
		json_t *body = json(cases[i].file);

		assert_false(want(p, 2, body, &fault));
		assert_string_equal(fault.field, cases[i].field);
		plan_free(&p);
		json_decref(body);
	}
}

/* What is no secret may be the mask's text. */
static void test_a_mask_elsewhere_is_text(void **state)
{
	struct plan *p = plan_with("{'name':'a'," URL "}");
	json_t *body = json("{'name':'***','url':'https://example.com/',"
			    "'eventNames':['***'],"
			    "'filter':{'dataFields.x':'***'}}"),
	       *doc;
	struct fault fault;

	(void)state;
	assert_true(want(p, 0, body, &fault));
	plan_finish(p, false);
	doc = plan_at(p, 0)->draft.doc;
	assert_string_equal(plan_at(p, 0)->name, "***");
	assert_int_equal(json_array_size(json_object_get(doc, "eventNames")),
			 1);
	plan_free(&p);
	json_decref(body);
}

/* A path that is longer than any secret's is nobody's, and harms nobody. */
static void test_deep_and_long(void **state)
{
	struct plan *p = plan_with("{'name':'a'," URL "}");
	json_t *body = json("{'name':'a'," URL "}"), *deep = json_object(), *in;
	char name[400];
	struct fault fault;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	in = deep;
	for (int i = 0; i < 100; i++) {
		json_object_set_new(in, "x", json_object());
		in = json_object_get(in, "x");
	}
	json_object_set_new(in, name, json_string("***"));
	json_object_set_new(body, "colour", deep);
	assert_false(want(p, 0, body, &fault));
	assert_string_equal(fault.field, "webhooks[0].colour");
	plan_free(&p);
	json_decref(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_or_not),
	    cmocka_unit_test(test_a_rotation_that_is_over),
	    cmocka_unit_test(test_order_and_prune),
	    cmocka_unit_test(test_faults_name_the_webhook),
	    cmocka_unit_test(test_a_mask_elsewhere_is_text),
	    cmocka_unit_test(test_deep_and_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
