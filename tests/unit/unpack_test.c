/*
 * unpack_test - every form of msgpack, written by msgpack-c, is read alike.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <msgpack.h>

#include "base/mem.h"
#include "proto/unpack.h"

static struct unpack_value take(msgpack_sbuffer *sb)
{
	struct slice in = slice_bytes(sb->data, sb->size);
	struct unpack_value v;

	assert_int_equal(unpack_next(&in, &v), ERR_OK);
	assert_int_equal(in.n, 0);
	for (size_t cut = 0; cut < sb->size; cut++) {
		struct unpack_value unused;
		char *copy =
		    xmalloc(cut + 1); /* so that ASan sees an overrun */

		memcpy(copy, sb->data, cut);
		in = slice_bytes(copy, cut);
		if (cut < sb->size)
			assert_int_equal(unpack_next(&in, &unused),
					 ERR_MALFORMED);
		free(copy);
	}
	return v;
}

static void test_integers(void **state)
{
	static const int64_t values[] = {
	    0,	       1,      127,    128,	   255,
	    256,       65535,  65536,  4294967295, 4294967296,
	    INT64_MAX, -1,     -32,    -33,	   -128,
	    -129,      -32768, -32769, INT32_MIN,  (int64_t)INT32_MIN - 1,
	    INT64_MIN};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		msgpack_sbuffer sb;
		msgpack_packer pk;
		struct unpack_value v;

		msgpack_sbuffer_init(&sb);
		msgpack_packer_init(&pk, &sb, msgpack_sbuffer_write);
		msgpack_pack_int64(&pk, values[i]);
		v = take(&sb);
		assert_int_equal(v.kind,
				 values[i] < 0 ? UNPACK_INT : UNPACK_UINT);
		assert_int_equal(v.i, values[i]);
		msgpack_sbuffer_destroy(&sb);
	}
}

/* A signed form may hold what is not below zero. */
static void test_signed_but_positive(void **state)
{
	struct slice in = SLICE_LIT("\xd1\x01\x00");
	struct unpack_value v;

	(void)state;
	assert_int_equal(unpack_next(&in, &v), ERR_OK);
	assert_int_equal(v.kind, UNPACK_UINT);
	assert_int_equal(v.u, 256);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, 31, 32, 255, 256, 65535, 65536};
	static const char zeros[65536] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int binary = 0; binary < 2; binary++) {
			msgpack_sbuffer sb;
			msgpack_packer pk;
			struct slice in;
			struct unpack_value v;

			msgpack_sbuffer_init(&sb);
			msgpack_packer_init(&pk, &sb, msgpack_sbuffer_write);
			if (binary)
				msgpack_pack_bin_with_body(&pk, zeros,
							   sizes[i]);
			else
				msgpack_pack_str_with_body(&pk, zeros,
							   sizes[i]);
			in = slice_bytes(sb.data, sb.size);
			assert_int_equal(unpack_next(&in, &v), ERR_OK);
			assert_int_equal(v.kind,
					 binary ? UNPACK_BIN : UNPACK_STR);
			assert_int_equal(v.bytes.n, sizes[i]);
			assert_int_equal(in.n, 0);
			msgpack_sbuffer_destroy(&sb);
		}
	}
}

static void test_floats(void **state)
{
	msgpack_sbuffer sb;
	msgpack_packer pk;
	struct unpack_value v;

	(void)state;
	msgpack_sbuffer_init(&sb);
	msgpack_packer_init(&pk, &sb, msgpack_sbuffer_write);
	msgpack_pack_double(&pk, 0.1);
	v = take(&sb);
	assert_int_equal(v.kind, UNPACK_FLOAT64);
	assert_true(v.f == 0.1);
	msgpack_sbuffer_clear(&sb);
	msgpack_pack_float(&pk, 1.5f);
	v = take(&sb);
	assert_int_equal(v.kind, UNPACK_FLOAT32);
	assert_true(v.f == 1.5);
	msgpack_sbuffer_destroy(&sb);
}

/* A count is believed only as far as there are bytes for it. */
static void test_counts(void **state)
{
	struct slice in = SLICE_LIT("\xde\x00\x02\x01\x01\x01\x01");
	struct slice few = SLICE_LIT("\xde\x00\x02\x01\x01\x01");
	struct unpack_value v;

	(void)state;
	assert_int_equal(unpack_next(&in, &v), ERR_OK);
	assert_int_equal(v.kind, UNPACK_MAP);
	assert_int_equal(v.count, 2);
	assert_int_equal(in.n, 4);
	assert_int_equal(unpack_next(&few, &v), ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_integers),
	    cmocka_unit_test(test_signed_but_positive),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_floats),
	    cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
