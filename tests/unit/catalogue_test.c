/*
 * catalogue_test - event types by place and by name, and their samples.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue/catalogue.h"

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void test_each_is_found_by_its_name(void **state)
{
	struct catalogue *c = catalogue_new();

	(void)state;
	assert_true(catalogue_count(c) > 40);
	for (size_t i = 0; i < catalogue_count(c); i++) {
		json_t *type = catalogue_at(c, i);

		assert_ptr_equal(
		    catalogue_find(c, slice_of(text_of(type, "name"))), type);
	}
	assert_null(catalogue_at(c, catalogue_count(c)));
	catalogue_free(&c);
	assert_null(c);
	catalogue_free(&c);
}

static void test_shared_fields_and_own_values(void **state)
{
	struct catalogue *c = catalogue_new();
	const json_t *bounce = catalogue_find(c, SLICE_LIT("emailBounce"));
	const json_t *fields = json_object_get(bounce, "dataFields");
	const json_t *data =
	    json_object_get(json_object_get(bounce, "sample"), "dataFields");

	(void)state;
	assert_string_equal(text_of(fields, "campaignId"), "integer");
	assert_string_equal(text_of(fields, "status"), "string?");
	assert_string_equal(text_of(data, "recipientState"), "HardBounce");
	assert_int_equal(json_object_size(fields), json_object_size(data));
	catalogue_free(&c);
}

static void test_a_sample_is_the_callers(void **state)
{
	struct catalogue *c = catalogue_new();
	json_t *sample = catalogue_sample(c, SLICE_LIT("smsSend"));
	json_t *again;

	(void)state;
	assert_string_equal(text_of(sample, "eventName"), "smsSend");
	json_object_set_new(json_object_get(sample, "dataFields"), "campaignId",
			    json_integer(1));
	again = catalogue_sample(c, SLICE_LIT("smsSend"));
	assert_int_not_equal(
	    json_integer_value(json_object_get(
		json_object_get(again, "dataFields"), "campaignId")),
	    1);
	json_decref(again);
	json_decref(sample);
	assert_null(catalogue_sample(c, SLICE_LIT("smssend")));
	assert_null(catalogue_find(c, slice_of(NULL)));
	catalogue_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_is_found_by_its_name),
	    cmocka_unit_test(test_shared_fields_and_own_values),
	    cmocka_unit_test(test_a_sample_is_the_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
