/*
 * slice_test - copies, UTF-8 and numbers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "base/slice.h"

static void a_copy_says_that_it_was_cut(void **state)
{
	char out[4];

	(void)state;
	assert_true(slice_cstr(out, sizeof(out), SLICE_LIT("abc")));
	assert_string_equal(out, "abc");
	assert_false(slice_cstr(out, sizeof(out), SLICE_LIT("abcd")));
	assert_string_equal(out, "abc");
	assert_true(slice_cstr(out, sizeof(out), (struct slice){NULL, 0}));
	assert_string_equal(out, "");
	assert_false(slice_cstr(out, 0, SLICE_LIT("a")));
}

static void a_part_is_cut_off(void **state)
{
	struct slice rest = SLICE_LIT("a::b"), part = SLICE_LIT("x");

	(void)state;
	assert_true(slice_cut(&rest, ':', &part));
	assert_true(slice_eq_str(part, "a"));
	assert_true(slice_eq_str(rest, ":b"));
	assert_true(slice_cut(&rest, ':', &part));
	assert_true(slice_eq_str(part, ""));
	assert_true(slice_eq_str(rest, "b"));
	assert_false(slice_cut(&rest, ':', &part));
	assert_true(slice_eq_str(part, ""));
	assert_true(slice_eq_str(rest, "b"));
	rest = (struct slice){NULL, 0};
	assert_false(slice_cut(&rest, ':', &part));
}

static void a_prefix_is_skipped(void **state)
{
	struct slice s = SLICE_LIT("tcp://a");

	(void)state;
	assert_true(slice_skip(&s, "tcp://"));
	assert_true(slice_eq_str(s, "a"));
	assert_false(slice_skip(&s, "ab"));
	assert_false(slice_skip(&s, "A"));
	assert_true(slice_eq_str(s, "a"));
	assert_true(slice_skip(&s, "a"));
	assert_int_equal(s.n, 0);
	assert_false(slice_skip(&s, "a"));
	s = (struct slice){NULL, 0};
	assert_true(slice_skip(&s, ""));
	assert_false(slice_skip(&s, "a"));
}

static void equality_knows_nothing_of_nul(void **state)
{
	(void)state;
	assert_true(slice_eq(SLICE_LIT("a\0b"), SLICE_LIT("a\0b")));
	assert_false(slice_eq(SLICE_LIT("a\0b"), SLICE_LIT("a\0c")));
	assert_true(slice_eq((struct slice){NULL, 0}, SLICE_LIT("")));
	assert_true(slice_eq_str(SLICE_LIT("x"), "x"));
}

static void utf8_is_checked_to_the_letter(void **state)
{
	const struct {
		struct slice text;
		bool good;
	} cases[] = {
	    {SLICE_LIT(""), true},
	    {SLICE_LIT("plain ascii of some length"), true},
	    {SLICE_LIT("\0"), true},
	    {SLICE_LIT("gr\xc3\xbc\xc3\x9f"), true},
	    {SLICE_LIT("\xe2\x82\xac"), true},
	    {SLICE_LIT("\xf0\x9f\x98\x80"), true},
	    {SLICE_LIT("\xf4\x8f\xbf\xbf"), true},
	    {SLICE_LIT("\xed\x9f\xbf"), true},
	    {SLICE_LIT("\xee\x80\x80"), true},
	    {SLICE_LIT("eight in front\xc3\xa9"), true},
	    {SLICE_LIT("\x80"), false},
	    {SLICE_LIT("\xc3"), false},
	    {SLICE_LIT("\xc3("), false},
	    {SLICE_LIT("\xc0\x80"), false},	    /* overlong */
	    {SLICE_LIT("\xc1\xbf"), false},	    /* overlong */
	    {SLICE_LIT("\xe0\x9f\xbf"), false},	    /* overlong */
	    {SLICE_LIT("\xf0\x8f\xbf\xbf"), false}, /* overlong */
	    {SLICE_LIT("\xed\xa0\x80"), false},	    /* surrogate */
	    {SLICE_LIT("\xf4\x90\x80\x80"), false}, /* past the end */
	    {SLICE_LIT("\xf5\x80\x80\x80"), false},
	    {SLICE_LIT("\xff"), false},
	    {SLICE_LIT("\xe2\x82"), false},
	    {SLICE_LIT("\xf0\x9f\x98"), false},
	    {SLICE_LIT("12345678\xe2\x82"), false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* A block of exactly this size, so that ASan sees a step past.
		 */
		char *p = xmalloc(cases[i].text.n + 1);

		memcpy(p + 1, cases[i].text.p, cases[i].text.n);
		assert_int_equal(
		    slice_is_utf8(slice_bytes(p + 1, cases[i].text.n)),
		    cases[i].good);
		free(p);
	}
}

static void numbers_are_digits_only(void **state)
{
	static const char *const bad[] = {"",
					  " 1",
					  "1 ",
					  "+1",
					  "-1",
					  "0x1",
					  "1.",
					  "18446744073709551616",
					  "99999999999999999999999"};
	uint64_t v = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(slice_parse_u64(slice_of(bad[i]), &v));
	assert_int_equal(v, 42);
	assert_true(slice_parse_u64(slice_of("18446744073709551615"), &v));
	assert_true(v == UINT64_MAX);
	assert_true(slice_parse_u64(slice_of("007"), &v));
	assert_int_equal(v, 7);
}

static void a_duplicate_ends_with_nul(void **state)
{
	char *s = slice_dup(slice_bytes("abc", 2));

	(void)state;
	assert_string_equal(s, "ab");
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_copy_says_that_it_was_cut),
	    cmocka_unit_test(a_part_is_cut_off),
	    cmocka_unit_test(a_prefix_is_skipped),
	    cmocka_unit_test(equality_knows_nothing_of_nul),
	    cmocka_unit_test(utf8_is_checked_to_the_letter),
	    cmocka_unit_test(numbers_are_digits_only),
	    cmocka_unit_test(a_duplicate_ends_with_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
