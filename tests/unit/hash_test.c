/*
 * hash_test - the fixed hash's golden values, the keyed one's manners.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/rng.h"

/* Partitions and delivery ids depend on these: they must never change. */
static void the_stable_hash_is_for_ever(void **state)
{
	uint8_t all[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	assert_true(hash_stable(SLICE_LIT("")) == 0xefd01f60ba992926);
	assert_true(hash_stable(SLICE_LIT("a")) == 0x82a2a958a9bece5b);
	assert_true(hash_stable(SLICE_LIT("acme")) == 0x3a25b6656ba9cfc6);
	assert_true(hash_stable(SLICE_LIT("router-1:7")) == 0x96df38a43a090211);
	assert_true(hash_stable(slice_bytes(all, sizeof(all))) ==
		    0x2067db6dbd4efa06);
}

static void the_stable_hash_spreads_short_names(void **state)
{
	enum { NAMES = 16000, PLACES = 16 };
	int count[PLACES] = {0};

	(void)state;
	for (int i = 0; i < NAMES; i++) {
		char name[16] = {'p',
				 (char)('0' + i / 10000),
				 (char)('0' + i / 1000 % 10),
				 (char)('0' + i / 100 % 10),
				 (char)('0' + i / 10 % 10),
				 (char)('0' + i % 10)};

		count[hash_stable(slice_of(name)) % PLACES]++;
	}
	for (int i = 0; i < PLACES; i++)
		assert_in_range(count[i], 850, 1150);
}

static void the_keyed_hash_depends_on_every_byte(void **state)
{
	char text[40] = {0};

	(void)state;
	for (size_t n = 0; n <= sizeof(text); n++) {
		struct slice s = slice_bytes(text, n);
		uint64_t h = hash_bytes(s);

		assert_true(h == hash_bytes(s));
		assert_true(n == 0 ||
			    h != hash_bytes(slice_bytes(text, n - 1)));
		for (size_t i = 0; i < n; i++) {
			text[i] = 1;
			assert_true(h != hash_bytes(s));
			text[i] = 0;
		}
	}
}

/* From the authors' reference: key 00..0f, input of n bytes 00, 01, 02, … */
static void the_keyed_hash_is_siphash_2_4(void **state)
{
	const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
	uint8_t in[16];

	(void)state;
	for (int i = 0; i < 16; i++)
		in[i] = (uint8_t)i;
	assert_true(hash_keyed(key, slice_bytes(in, 0)) == 0x726fdb47dd0e0e31);
	assert_true(hash_keyed(key, slice_bytes(in, 1)) == 0x74f839c593dc67fd);
	assert_true(hash_keyed(key, slice_bytes(in, 8)) == 0x93f5f5799a932462);
	assert_true(hash_keyed(key, slice_bytes(in, 15)) == 0xa129ca6149be45e5);
	assert_true(hash_keyed(key, (struct slice){NULL, 0}) ==
		    0x726fdb47dd0e0e31);
}

static void random_numbers_stay_in_range(void **state)
{
	double sum = 0;
	uint8_t a[16], b[16];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		double x = rng_unit();

		assert_true(x >= 0 && x < 1);
		sum += x;
	}
	assert_true(sum > 49000 && sum < 51000);
	rng_bytes(a, sizeof(a));
	rng_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_stable_hash_is_for_ever),
	    cmocka_unit_test(the_stable_hash_spreads_short_names),
	    cmocka_unit_test(the_keyed_hash_depends_on_every_byte),
	    cmocka_unit_test(the_keyed_hash_is_siphash_2_4),
	    cmocka_unit_test(random_numbers_stay_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
