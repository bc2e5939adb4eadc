/*
 * seal_test - what is sealed opens only where it belongs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "store/keys.h"
#include "store/seal.h"

static const uint8_t key[SEAL_KEY_BYTES] = {1, 2, 3};

static enum err open_with(const uint8_t *k, const char *context,
			  struct slice text, struct buf *out)
{
	buf_reset(out);
	return unseal(k, slice_of(context), text, out);
}

static void test_round_trip(void **state)
{
	static const char *const secrets[] = {"", "x", "päss wörd",
					      "0123456789"};
	struct buf sealed, out;

	(void)state;
	buf_init(&sealed, 4096);
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		buf_reset(&sealed);
		assert_int_equal(
		    seal(key, SLICE_LIT("a/b"), slice_of(secrets[i]), &sealed),
		    ERR_OK);
		assert_true(is_sealed(buf_slice(&sealed)));
		assert_int_equal(
		    open_with(key, "a/b", buf_slice(&sealed), &out), ERR_OK);
		assert_true(slice_eq_str(buf_slice(&out), secrets[i]));
	}
	buf_fini(&sealed);
	buf_fini(&out);
}

static void test_refused(void **state)
{
	const uint8_t other[SEAL_KEY_BYTES] = {1, 2, 4};
	struct buf sealed, out;

	(void)state;
	buf_init(&sealed, 4096);
	buf_init(&out, 4096);
	assert_int_equal(
	    seal(key, SLICE_LIT("a/b"), SLICE_LIT("8 bytes!"), &sealed),
	    ERR_OK);
	assert_int_equal(open_with(other, "a/b", buf_slice(&sealed), &out),
			 ERR_CRYPTO);
	assert_int_equal(open_with(key, "a/c", buf_slice(&sealed), &out),
			 ERR_CRYPTO);
	for (size_t n = 0; n < sealed.n; n++)
		assert_int_equal(
		    open_with(key, "a/b", slice_bytes(sealed.p, n), &out),
		    ERR_CRYPTO);
	for (size_t i = 9; i < sealed.n; i++) {
		char was = sealed.p[i];

		sealed.p[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(
		    open_with(key, "a/b", buf_slice(&sealed), &out),
		    ERR_CRYPTO);
		sealed.p[i] = was;
	}
	assert_int_equal(open_with(key, "a/b", SLICE_LIT("plain"), &out),
			 ERR_CRYPTO);
	assert_int_equal(out.n, 0);
	buf_fini(&sealed);
	buf_fini(&out);
}

static void test_key_parse(void **state)
{
	char hex[66];
	uint8_t k[SEAL_KEY_BYTES];

	(void)state;
	memset(hex, 'a', 64);
	hex[1] = 'F';
	assert_int_equal(seal_key_parse(slice_bytes(hex, 64), k), ERR_OK);
	assert_int_equal(k[0], 0xaf);
	assert_int_equal(k[31], 0xaa);
	assert_int_equal(seal_key_parse(slice_bytes(hex, 63), k),
			 ERR_MALFORMED);
	hex[64] = 'a';
	assert_int_equal(seal_key_parse(slice_bytes(hex, 65), k),
			 ERR_MALFORMED);
	hex[5] = 'g';
	assert_int_equal(seal_key_parse(slice_bytes(hex, 64), k),
			 ERR_MALFORMED);
}

static void test_keys(void **state)
{
	static const uint8_t zero[16];
	char out[KEY_SIZE];

	(void)state;
	assert_true(slice_eq_str(key_partition(out, 7, "log"), "pr:{p7}:log"));
	assert_true(slice_eq_str(key_lane(out, 12, "dead", zero),
				 "pr:{p12}:dead:00000000000000000000000000"));
	assert_true(slice_eq_str(
	    key_idem(out, 0, SLICE_LIT("acme"), SLICE_LIT("order-4711")),
	    "pr:{p0}:idem:acme:order-4711"));
	for (uint64_t n = 1; n < 40; n++)
		assert_true(partition_of(SLICE_LIT("acme"), n) < n);
	/* Fixed for ever: where the events of an installation are. */
	assert_int_equal(partition_of(SLICE_LIT("acme"), 16),
			 partition_of(SLICE_LIT("acme"), 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_key_parse),
	    cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
