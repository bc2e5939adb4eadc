/*
 * sample_test - a journey's call, as it is given and as it is sent.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "console_test.h"
#include "sample.h"

static void test_all_is_usual(void **state)
{
	struct fault fault = {0};
	struct sample s;

	(void)state;
	assert_true(sample_read(&s, NULL, "", &fault));
	assert_int_equal(s.tile, TILE_webhook);
	assert_string_equal(s.body,
			    "{\"journeyId\":\"welcome\",\"pathId\":\"path-1\","
			    "\"email\":\"ada@example.com\",\"userId\":\"u-1\","
			    "\"profile\":{\"firstName\":\"Ada\",\"lastName\":"
			    "\"Lovelace\"},\"event\":{}}");
	assert_null(s.params);
	assert_string_equal(s.stored, "{\"profile\":{},\"liveData\":{}}");
	sample_fini(&s);
}

static void test_what_is_given(void **state)
{
	json_t *given = json("{'tile':'liveData','userId':'u','pathId':'p',"
			     "'profile':{},'params':{'a':'{{b}}'},"
			     "'liveData':{'w':{'sky':1.5}}}");
	struct fault fault = {0};
	struct sample s;

	(void)state;
	assert_true(sample_read(&s, given, "", &fault));
	assert_int_equal(s.tile, TILE_liveData);
	assert_string_equal(s.body, "{\"journeyId\":\"welcome\",\"pathId\":"
				    "\"p\",\"userId\":\"u\",\"profile\":{},"
				    "\"event\":{}}");
	assert_string_equal(s.params, "{\"a\":\"{{b}}\"}");
	assert_string_equal(s.stored, "{\"profile\":{},\"liveData\":{\"w\":{"
				      "\"sky\":1.5}}}");
	assert_null(json_object_get(s.message, "email"));
	sample_fini(&s);
	json_decref(given);
}

static const struct refusal {
	const char *text, *code, *field;
} refusals[] = {
    {"{'tile':'exit'}", "invalid", "sample.tile"},
    {"{'tile':1}", "invalid", "sample.tile"},
    {"{'email':''}", "invalid", "sample.email"},
    {"{'userId':7}", "invalid", "sample.userId"},
    {"{'event':[]}", "invalid", "sample.event"},
    {"{'params':'x'}", "invalid", "sample.params"},
    {"{'colour':'x'}", "unknown_field", "sample.colour"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		json_t *given = json(refusals[i].text);
		struct fault fault = {0};
		struct sample s;

		assert_false(sample_read(&s, given, "sample.", &fault));
		assert_string_equal(fault.code, refusals[i].code);
		assert_string_equal(fault.field, refusals[i].field);
		sample_fini(&s);
		json_decref(given);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_is_usual),
	    cmocka_unit_test(test_what_is_given),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
