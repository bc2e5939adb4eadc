/*
 * variables_test - what ${NAME} becomes, and where it is left alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "variables.h"

static bool fill(const char *text, char **out, char error[256])
{
	json_t *root = json_loads(text, 0, NULL);
	bool ok;

	assert_non_null(root);
	error[0] = '\0';
	ok = variables_fill(root, error, 256);
	*out = ok ? json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(root);
	return ok;
}

static void test_texts(void **state)
{
	static const char *const cases[][2] = {
	    {"{\"a\":\"${T_ONE}\"}", "{\"a\":\"one\"}"},
	    {"{\"a\":\"x${T_ONE}y${T_ONE}\"}", "{\"a\":\"xoneyone\"}"},
	    {"{\"a\":[{\"b\":\"${T_ONE}\"},\"${T_EMPTY}\",3,null]}",
	     "{\"a\":[{\"b\":\"one\"},\"\",3,null]}"},
	    {"{\"${T_ONE}\":1}", "{\"${T_ONE}\":1}"},
	    {"{\"a\":\"$${T_ONE} $5 $ $$ $T_ONE {{x}}\"}",
	     "{\"a\":\"${T_ONE} $5 $ $$ $T_ONE {{x}}\"}"},
	    /* What a variable holds is not looked at again. */
	    {"{\"a\":\"${T_TRICK}\"}", "{\"a\":\"${T_ONE}\\\"\"}"},
	};
	char error[256], *out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(fill(cases[i][0], &out, error));
		assert_string_equal(out, cases[i][1]);
		free(out);
	}
}

static void test_faults(void **state)
{
	static const char *const cases[][2] = {
	    {"{\"a\":[0,{\"b\":\"${T_UNSET}\"}]}", "a[1].b: "},
	    {"{\"a\":\"${T_UNSET}\"}", "T_UNSET"},
	    {"{\"a\":\"${\"}", "a: ${ without"},
	    {"{\"a\":\"${}\"}", "a: ${ without"},
	    {"{\"a\":\"${T_ONE\"}", "a: ${ without"},
	    {"{\"a\":\"${T-ONE}\"}", "a: ${ without"},
	    {"{\"a\":\"${T_BYTES}\"}", "a: a variable is not valid UTF-8"},
	};
	char error[256], *out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(fill(cases[i][0], &out, error));
		if (!strstr(error, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_faults),
	};

	setenv("T_ONE", "one", 1);
	setenv("T_EMPTY", "", 1);
	setenv("T_TRICK", "${T_ONE}\"", 1);
	setenv("T_BYTES", "\xff", 1);
	unsetenv("T_UNSET");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
