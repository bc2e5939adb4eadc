/*
 * text_test - base64, hex, JSON strings, percent encoding.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/rng.h"
#include "base/text.h"

static void assert_buf(struct buf *b, const char *want)
{
	assert_false(buf_full(b));
	assert_int_equal(b->n, strlen(want));
	assert_true(slice_eq_str(buf_slice(b), want));
	buf_reset(b);
}

static void base64_is_rfc4648(void **state)
{
	static const char *const cases[][2] = {
	    {"", ""},
	    {"f", "Zg=="},
	    {"fo", "Zm8="},
	    {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="},
	    {"foobar", "Zm9vYmFy"},
	    {"\xfb\xff\xfe", "+//+"},
	};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		base64_encode(&b, slice_of(cases[i][0]));
		assert_buf(&b, cases[i][1]);
		assert_int_equal(base64_decode(&b, slice_of(cases[i][1])),
				 ERR_OK);
		assert_buf(&b, cases[i][0]);
	}
	buf_fini(&b);
}

static void base64_reads_its_dialects(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(base64_decode(&b, SLICE_LIT("-__-")), ERR_OK);
	assert_buf(&b, "\xfb\xff\xfe");
	assert_int_equal(base64_decode(&b, SLICE_LIT("Zg")), ERR_OK);
	assert_buf(&b, "f");
	assert_int_equal(base64_decode(&b, SLICE_LIT("Zm8")), ERR_OK);
	assert_buf(&b, "fo");
	buf_fini(&b);
}

static void what_is_not_base64_is_refused(void **state)
{
	static const char *const bad[] = {
	    "Z",      "=",     "==",   "Zg=",  "Zg===", "Zm9v=",
	    "Zm9v==", "Zm9vZ", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n",
	    "Z=g=",   "-//-",  "Zm9*", "====", "Zm8==",
	};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_append_str(&b, "kept");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(base64_decode(&b, slice_of(bad[i])),
				 ERR_MALFORMED);
	assert_buf(&b, "kept");
	buf_fini(&b);
	buf_init(&b, 2);
	assert_int_equal(base64_decode(&b, SLICE_LIT("Zm9v")), ERR_TOO_LARGE);
	buf_fini(&b);
}

static void base64_goes_there_and_back(void **state)
{
	unsigned char bytes[100];
	struct buf text, back;

	(void)state;
	buf_init(&text, 1000);
	buf_init(&back, 1000);
	for (int i = 0; i < 2000; i++) {
		struct slice in = slice_bytes(bytes, (size_t)i % 101);

		rng_bytes(bytes, sizeof(bytes));
		base64_encode(&text, in);
		assert_int_equal(base64_decode(&back, buf_slice(&text)),
				 ERR_OK);
		assert_true(slice_eq(buf_slice(&back), in));
		buf_reset(&text);
		buf_reset(&back);
	}
	buf_fini(&text);
	buf_fini(&back);
}

static void hex_is_lower_case(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 6);
	hex_encode(&b, SLICE_LIT("\x00\xab\xff"));
	assert_buf(&b, "00abff");
	hex_encode(&b, SLICE_LIT("four"));
	assert_true(buf_full(&b));
	buf_fini(&b);
}

static void json_strings_are_escaped(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	json_quote(&b, (struct slice){NULL, 0});
	assert_buf(&b, "\"\"");
	json_quote(&b, SLICE_LIT("a\"b\\c/d"));
	assert_buf(&b, "\"a\\\"b\\\\c/d\"");
	json_quote(&b, SLICE_LIT("\b\f\n\r\t\x01\x1f\x7f"));
	assert_buf(&b, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
	json_quote(&b, SLICE_LIT("\0"));
	assert_buf(&b, "\"\\u0000\"");
	json_quote(&b, SLICE_LIT("gr\xc3\xbc\xc3\x9f"));
	assert_buf(&b, "\"gr\xc3\xbc\xc3\x9f\"");
	buf_fini(&b);
}

static void percent_encoding_keeps_the_unreserved(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	percent_encode(&b, SLICE_LIT("AZaz09-._~"));
	assert_buf(&b, "AZaz09-._~");
	percent_encode(&b, SLICE_LIT(" /?&=+%\r\n\xc3\xbc"));
	assert_buf(&b, "%20%2F%3F%26%3D%2B%25%0D%0A%C3%BC");
	buf_fini(&b);
}

static void case_is_ascii_only(void **state)
{
	(void)state;
	assert_true(slice_eq_nocase(SLICE_LIT("Retry-After"),
				    SLICE_LIT("rETRY-aFTER")));
	assert_false(slice_eq_nocase(SLICE_LIT("a"), SLICE_LIT("ab")));
	assert_false(slice_eq_nocase(SLICE_LIT("["), SLICE_LIT("{")));
	assert_false(slice_eq_nocase(SLICE_LIT("\xc4"), SLICE_LIT("\xe4")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(base64_is_rfc4648),
	    cmocka_unit_test(base64_reads_its_dialects),
	    cmocka_unit_test(what_is_not_base64_is_refused),
	    cmocka_unit_test(base64_goes_there_and_back),
	    cmocka_unit_test(hex_is_lower_case),
	    cmocka_unit_test(json_strings_are_escaped),
	    cmocka_unit_test(percent_encoding_keeps_the_unreserved),
	    cmocka_unit_test(case_is_ascii_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
