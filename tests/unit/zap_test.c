/*
 * zap_test - libzmq's questions, and what is none.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/zap.h"

#define KEY32                                        \
	"\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10" \
	"\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\xff"

static void a_question_gets_its_answer(void **state)
{
	const struct slice q[] = {SLICE_LIT("1.0"), SLICE_LIT("7"),
				  SLICE_LIT("0"),   SLICE_LIT("127.0.0.1"),
				  SLICE_LIT(""),    SLICE_LIT("CURVE"),
				  SLICE_LIT(KEY32)};
	struct slice a[ZAP_FRAMES_MAX];
	struct zap_request r;

	(void)state;
	assert_true(zap_read(&r, q, 7));
	assert_true(slice_eq_str(r.domain, "0"));
	assert_true(slice_eq_str(r.address, "127.0.0.1"));
	assert_int_equal(strlen(r.key), CURVE_TEXT_CHARS);
	assert_int_equal(zap_answer(&r, true, a), 7);
	assert_int_equal(a[0].n, 0);
	assert_true(slice_eq_str(a[1], "1.0"));
	assert_true(slice_eq_str(a[2], "7"));
	assert_true(slice_eq_str(a[3], "200"));
	assert_true(slice_eq_str(a[5], r.key));
	assert_int_equal(zap_answer(&r, false, a), 7);
	assert_true(slice_eq_str(a[3], "400"));
	assert_int_equal(a[5].n, 0);
}

static void what_is_no_key_of_curve_has_none(void **state)
{
	struct slice q[] = {SLICE_LIT("1.0"), SLICE_LIT("7"), SLICE_LIT("0"),
			    SLICE_LIT(""),    SLICE_LIT(""),  SLICE_LIT(""),
			    SLICE_LIT(KEY32), SLICE_LIT("x")};
	struct zap_request r;

	(void)state;
	q[5] = SLICE_LIT("PLAIN");
	assert_true(zap_read(&r, q, 7));
	assert_string_equal(r.key, "");
	q[5] = SLICE_LIT("CURVE");
	assert_true(zap_read(&r, q, 8));
	assert_string_equal(r.key, "");
	assert_true(zap_read(&r, q, 6));
	assert_string_equal(r.key, "");
	q[6] = SLICE_LIT("short");
	assert_true(zap_read(&r, q, 7));
	assert_string_equal(r.key, "");
	assert_false(zap_read(&r, q, 5));
	assert_false(zap_read(&r, q, 0));
	q[0] = SLICE_LIT("2.0");
	assert_false(zap_read(&r, q, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_question_gets_its_answer),
	    cmocka_unit_test(what_is_no_key_of_curve_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
