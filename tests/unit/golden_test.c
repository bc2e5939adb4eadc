/*
 * golden_test - frames of every release decode for ever.
 * SPDX-License-Identifier: Apache-2.0
 *
 * tests/golden/v1 holds a frame of each message as it was first written,
 * tests/golden/v1.4 as minor 4 of the protocol writes it, with every field.
 * Never change those files. process_curve is the record that came with CURVE.
 * When a field is added: golden_test --write <directory of the new minor>, and
 * what is here of the newest goes for that one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/mem.h"
#include "samples.h"

#define FRAME_MAX 65536

static FILE *open_file(const char *directory, const char *name,
		       const char *mode)
{
	char *path = xasprintf("%s/%s.bin", directory, name);
	FILE *file = fopen(path, mode);

	if (!file)
		perror(path);
	free(path);
	return file;
}

static void read_file(const char *version, const char *name, struct buf *out)
{
	char *directory = xasprintf("%s/%s", GOLDEN_DIR, version);
	FILE *file = open_file(directory, name, "rb");

	assert_non_null(file);
	out->n = fread(buf_reserve(out, FRAME_MAX), 1, FRAME_MAX, file);
	fclose(file);
	free(directory);
}

#define FIRST "v1"
#define NEWEST "v1.4"

#define GOLDEN(number, msg, fields)                                          \
	static void decode_##msg(const char *version,                        \
				 bool (*same)(const struct msg_##msg *a,     \
					      const struct msg_##msg *b))    \
	{                                                                    \
		struct msg_##msg m, want = sample_##msg();                   \
		struct msg_head head;                                        \
		struct buf b;                                                \
		struct slice in;                                             \
                                                                             \
		buf_init(&b, FRAME_MAX);                                     \
		read_file(version, #msg, &b);                                \
		in = buf_slice(&b);                                          \
		assert_int_equal(msg_decode_head(&in, &head, 2), ERR_OK);    \
		assert_int_equal(head.type, number);                         \
		assert_int_equal(head.count, 2);                             \
		assert_int_equal(head.partition, 3);                         \
		assert_int_equal(head.seq, 9);                               \
		for (int i = 0; i < 2; i++) {                                \
			assert_int_equal(msg_decode_##msg(&in, &m), ERR_OK); \
			assert_true(same(&m, &want));                        \
		}                                                            \
		assert_int_equal(in.n, 0);                                   \
		buf_fini(&b);                                                \
	}                                                                    \
	static void test_##msg(void **state)                                 \
	{                                                                    \
		(void)state;                                                 \
		decode_##msg(FIRST, same_required_##msg);                    \
		decode_##msg(NEWEST, same_##msg);                            \
	}
MESSAGES(GOLDEN)

/* A record with the field that came with CURVE, and one from before. */
static void test_process_with_curve_key(void **state)
{
	struct msg_process m, want = sample_process();
	struct msg_head head;
	struct buf b;
	struct slice in;

	(void)state;
	buf_init(&b, FRAME_MAX);
	read_file(FIRST, "process_curve", &b);
	in = buf_slice(&b);
	assert_int_equal(msg_decode_head(&in, &head, 2), ERR_OK);
	assert_int_equal(msg_decode_process(&in, &m), ERR_OK);
	assert_true(same_process(&m, &want));
	assert_true(m.curve_key.n > 0);
	buf_reset(&b);
	read_file(FIRST, "process", &b);
	in = buf_slice(&b);
	assert_int_equal(msg_decode_head(&in, &head, 2), ERR_OK);
	assert_int_equal(msg_decode_process(&in, &m), ERR_OK);
	assert_int_equal(m.curve_key.n, 0);
	buf_fini(&b);
}

static void write_frame(const char *directory, const char *name,
			void (*sample)(struct buf *out))
{
	FILE *file = open_file(directory, name, "wb");
	struct buf b;

	if (!file)
		exit(1);
	buf_init(&b, FRAME_MAX);
	sample(&b);
	fwrite(b.p, 1, b.n, file);
	fclose(file);
	buf_fini(&b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(number, msg, fields) cmocka_unit_test(test_##msg),
	    MESSAGES(TEST) cmocka_unit_test(test_process_with_curve_key)};

	if (argc == 3 && strcmp(argv[1], "--write") == 0) {
#define WRITE(number, msg, fields) \
	write_frame(argv[2], #msg, sample_frame_##msg);
		MESSAGES(WRITE)
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
