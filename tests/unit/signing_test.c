/*
 * signing_test - texts of signing secrets, against keys that Python made.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "store/signing.h"

#define SEED "whsk_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="
#define BOTH                                                \
	"whsk_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWGv" \
	"BqPjKRcU5PNWwZybFc0ZUexuZmKqd74HVH8ok4M0HQ=="
#define PUBLIC "whpk_rwaj4ykXFOTzVsGcmxXNGVHsbmZiqne+B1R/KJODNB0="

static void both_forms(void **state)
{
	static const char *const texts[] = {SEED, BOTH};
	struct signing_secret s;
	char text[SIGNING_TEXT_SIZE];

	(void)state;
	for (int i = 0; i < 2; i++) {
		s = (struct signing_secret){.until_ms = 7};
		assert_int_equal(signing_secret_parse(slice_of(texts[i]), &s),
				 ERR_OK);
		assert_int_equal(s.kind, SIGNING_ED25519);
		assert_int_equal(s.n, 32);
		assert_int_equal(s.until_ms, 7);
		signing_public_text(&s, text);
		assert_string_equal(text, PUBLIC);
	}
}

static void what_is_none(void **state)
{
	static const char *const texts[] = {
	    "",
	    "whsk_",
	    "whsk_!",
	    "whsk_AAAA",
	    PUBLIC,
	    SEED "AAAA",
	    /* A public half of another seed. */
	    "whsk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
	    "whsec_AAAA",
	    "WHSEC_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};
	struct signing_secret s;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_not_equal(
		    signing_secret_parse(slice_of(texts[i]), &s), ERR_OK);
}

static void new_ones(void **state)
{
	struct signing_secret s = {0};
	char one[SIGNING_TEXT_SIZE], two[SIGNING_TEXT_SIZE];

	(void)state;
	for (int kind = SIGNING_HMAC; kind <= SIGNING_ED25519; kind++) {
		enum signing_kind parsed;

		signing_secret_new((enum signing_kind)kind, one);
		signing_secret_new((enum signing_kind)kind, two);
		assert_string_not_equal(one, two);
		assert_int_equal(signing_secret_parse(slice_of(one), &s),
				 ERR_OK);
		assert_int_equal(s.kind, kind);
		assert_true(
		    signing_kind_parse(signing_kind_name(s.kind), &parsed));
		assert_int_equal(parsed, kind);
	}
	assert_int_equal(strlen(one), strlen(BOTH));
	assert_false(signing_kind_parse("rsa", &s.kind));
	assert_false(signing_kind_parse(NULL, &s.kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_forms),
	    cmocka_unit_test(what_is_none),
	    cmocka_unit_test(new_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
