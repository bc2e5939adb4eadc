/*
 * message_test - the codec against itself, against cuts, and against other
 * versions. SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <msgpack.h>

#include "base/mem.h"
#include "samples.h"

#define FRAME_MAX 65536

/* A copy of exactly n bytes, so that ASan sees an overrun by one. */
static char *cut_copy(const struct buf *b, size_t n)
{
	char *copy = xmalloc(n ? n : 1);

	memcpy(copy, b->p, n);
	return copy;
}

#define ROUND_TRIP(number, msg, fields)                                    \
	static enum err read_frame_##msg(struct slice in)                  \
	{                                                                  \
		struct msg_##msg m, want = sample_##msg();                 \
		struct msg_head head;                                      \
		enum err e = msg_decode_head(&in, &head, 2);               \
                                                                           \
		if (e != ERR_OK)                                           \
			return e;                                          \
		assert_int_equal(head.type, number);                       \
		assert_int_equal(head.partition, 3);                       \
		assert_int_equal(head.seq, 9);                             \
		for (uint64_t i = 0; i < head.count; i++) {                \
			e = msg_decode_##msg(&in, &m);                     \
			if (e != ERR_OK)                                   \
				return e;                                  \
			assert_true(same_##msg(&m, &want));                \
		}                                                          \
		return in.n == 0 ? ERR_OK : ERR_MALFORMED;                 \
	}                                                                  \
	static void test_##msg(void **state)                               \
	{                                                                  \
		struct buf b;                                              \
                                                                           \
		(void)state;                                               \
		buf_init(&b, FRAME_MAX);                                   \
		sample_frame_##msg(&b);                                    \
		assert_int_equal(read_frame_##msg(buf_slice(&b)), ERR_OK); \
		for (size_t n = 0; n < b.n; n++) {                         \
			char *cut = cut_copy(&b, n);                       \
                                                                           \
			assert_int_equal(                                  \
			    read_frame_##msg(slice_bytes(cut, n)),         \
			    ERR_MALFORMED);                                \
			free(cut);                                         \
		}                                                          \
		buf_fini(&b);                                              \
	}
MESSAGES(ROUND_TRIP)

static int append_packed(void *out, const char *p, size_t n)
{
	buf_append(out, p, n);
	return 0;
}

/* A newer peer's record has fields that we do not know; an older one's lacks
 * only optional ones. Which fields are optional will change: what is required
 * is not. */
static void test_other_versions(void **state)
{
	struct buf b;
	msgpack_packer pk;
	struct msg_credit m;
	struct slice in;

	(void)state;
	buf_init(&b, FRAME_MAX);
	msgpack_packer_init(&pk, &b, append_packed);
	msgpack_pack_array(&pk, 3);
	msgpack_pack_uint64(&pk, 512);
	msgpack_pack_str_with_body(&pk, "later", 5);
	msgpack_pack_nil(&pk);
	in = buf_slice(&b);
	assert_int_equal(msg_decode_credit(&in, &m), ERR_OK);
	assert_int_equal(m.allowance, 512);
	assert_int_equal(in.n, 0);

	buf_reset(&b);
	msgpack_pack_array(&pk, 0);
	in = buf_slice(&b);
	assert_int_equal(msg_decode_credit(&in, &m), ERR_MALFORMED);

	buf_reset(&b);
	msgpack_pack_array(&pk, 2);
	msgpack_pack_uint64(&pk, 512);
	msgpack_pack_array(&pk, 0); /* not flat */
	in = buf_slice(&b);
	assert_int_equal(msg_decode_credit(&in, &m), ERR_MALFORMED);
	buf_fini(&b);
}

static void test_wrong_types(void **state)
{
	const struct slice rows[] = {
	    SLICE_LIT("\x91\xa1x"),    /* a text for a number */
	    SLICE_LIT("\x91\xff"),     /* a number below zero */
	    SLICE_LIT("\x81\x01\x01"), /* a map */
	    SLICE_LIT("\xdc\xff\xff"), /* a count without fields */
	    SLICE_LIT("\xdd\xff\xff\xff\xff"),
	    SLICE_LIT("\x05"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice in = rows[i];
		struct msg_credit m;

		assert_int_equal(msg_decode_credit(&in, &m), ERR_MALFORMED);
	}
}

static void test_text_over_its_maximum(void **state)
{
	char text[17] = "aaaaaaaaaaaaaaaa";
	struct buf b;
	msgpack_packer pk;
	struct msg_hello m;
	struct slice in;

	(void)state;
	for (size_t n = 16; n <= 17; n++) {
		buf_init(&b, FRAME_MAX);
		msgpack_packer_init(&pk, &b, append_packed);
		msgpack_pack_array(&pk, 4);
		msgpack_pack_str_with_body(&pk, text, n);
		msgpack_pack_str_with_body(&pk, "i", 1);
		msgpack_pack_uint64(&pk, 1);
		msgpack_pack_uint64(&pk, 1);
		in = buf_slice(&b);
		assert_int_equal(msg_decode_hello(&in, &m),
				 n == 16 ? ERR_OK : ERR_MALFORMED);
		buf_fini(&b);
	}
}

static void test_head(void **state)
{
	struct msg_head h = msg_head(MSG_task, 7), got;
	struct buf b;
	struct slice in;

	(void)state;
	buf_init(&b, FRAME_MAX);
	msg_encode_head(&b, &h);
	in = buf_slice(&b);
	assert_int_equal(msg_decode_head(&in, &got, 7), ERR_OK);
	assert_int_equal(got.count, 7);
	in = buf_slice(&b);
	assert_int_equal(msg_decode_head(&in, &got, 6), ERR_MALFORMED);

	buf_reset(&b);
	h.major = PROTO_MAJOR + 1;
	msg_encode_head(&b, &h);
	in = buf_slice(&b);
	assert_int_equal(msg_decode_head(&in, &got, 7), ERR_VERSION);
	assert_int_equal(got.major, PROTO_MAJOR + 1);
	assert_int_equal(got.type, MSG_task);
	buf_fini(&b);
}

static void test_frame_count_is_fixed_in_width(void **state)
{
	struct buf a, b;
	size_t at;

	(void)state;
	buf_init(&a, FRAME_MAX);
	buf_init(&b, FRAME_MAX);
	at = msg_frame_start(&a, MSG_event, 1, 1);
	msg_frame_finish(&a, at, 1);
	at = msg_frame_start(&b, MSG_event, 1, 1);
	msg_frame_finish(&b, at, 100000);
	assert_int_equal(a.n, b.n);
	buf_fini(&a);
	buf_fini(&b);
}

/* A full buffer stays full, and finishing a frame in it touches nothing. */
static void test_full_buffer(void **state)
{
	struct msg_event m = sample_event();
	struct buf b;
	size_t at;

	(void)state;
	buf_init(&b, 12);
	at = msg_frame_start(&b, MSG_event, 1, 1);
	msg_encode_event(&b, &m);
	assert_true(buf_full(&b));
	msg_frame_finish(&b, at, 1);
	buf_fini(&b);
}

/* Random bytes and mutations of good frames: an error or a record, never more.
 */
#define FEED(number, msg, fields)                   \
	static void feed_##msg(struct slice in)     \
	{                                           \
		struct msg_##msg m;                 \
                                                    \
		if (msg_decode_##msg(&in, &m) == 0) \
			(void)same_##msg(&m, &m);   \
	}
MESSAGES(FEED)

static void mutate(struct buf *b, unsigned *seed)
{
	for (int i = 0; i < 3; i++)
		b->p[(size_t)rand_r(seed) % b->n] = (char)rand_r(seed);
}

static void test_mutations(void **state)
{
	unsigned seed = 20261123;
	struct buf b;

	(void)state;
	buf_init(&b, FRAME_MAX);
	for (int round = 0; round < 20000; round++) {
#define MUTATE(number, msg, fields)                  \
	{                                            \
		struct msg_##msg m = sample_##msg(); \
                                                     \
		buf_reset(&b);                       \
		msg_encode_##msg(&b, &m);            \
		mutate(&b, &seed);                   \
		feed_##msg(buf_slice(&b));           \
	}
		MESSAGES(MUTATE)
	}
	buf_fini(&b);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(msg_name(MSG_task), "task");
	assert_string_equal(msg_name(0), "?");
	assert_string_equal(msg_name(999), "?");
	assert_string_equal(outcome_name(OUTCOME_gone), "gone");
	assert_string_equal(outcome_name(77), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(number, msg, fields) cmocka_unit_test(test_##msg),
	    MESSAGES(TEST) cmocka_unit_test(test_other_versions),
	    cmocka_unit_test(test_wrong_types),
	    cmocka_unit_test(test_text_over_its_maximum),
	    cmocka_unit_test(test_head),
	    cmocka_unit_test(test_frame_count_is_fixed_in_width),
	    cmocka_unit_test(test_full_buffer),
	    cmocka_unit_test(test_mutations),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
