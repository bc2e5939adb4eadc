/*
 * golden_test - frames of every release decode for ever.
 * SPDX-License-Identifier: Apache-2.0
 *
 * tests/golden/v1 holds a frame of each message as version 1 wrote it. Never
 * change those files. process_curve is the record that came with CURVE. To make
 * the files of a new version: golden_test --write <directory>.
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

static void read_file(const char *name, struct buf *out)
{
	FILE *file = open_file(GOLDEN_DIR "/v1", name, "rb");

	assert_non_null(file);
	out->n = fread(buf_reserve(out, FRAME_MAX), 1, FRAME_MAX, file);
	fclose(file);
}

#define GOLDEN(number, msg, fields)                                          \
	static void test_##msg(void **state)                                 \
	{                                                                    \
		struct msg_##msg m, want = sample_##msg();                   \
		struct msg_head head;                                        \
		struct buf b;                                                \
		struct slice in;                                             \
                                                                             \
		(void)state;                                                 \
		buf_init(&b, FRAME_MAX);                                     \
		read_file(#msg, &b);                                         \
		in = buf_slice(&b);                                          \
		assert_int_equal(msg_decode_head(&in, &head, 2), ERR_OK);    \
		assert_int_equal(head.type, number);                         \
		assert_int_equal(head.count, 2);                             \
		assert_int_equal(head.partition, 3);                         \
		assert_int_equal(head.seq, 9);                               \
		for (int i = 0; i < 2; i++) {                                \
			assert_int_equal(msg_decode_##msg(&in, &m), ERR_OK); \
			assert_true(same_required_##msg(&m, &want));         \
		}                                                            \
		assert_int_equal(in.n, 0);                                   \
		buf_fini(&b);                                                \
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
	read_file("process_curve", &b);
	in = buf_slice(&b);
	assert_int_equal(msg_decode_head(&in, &head, 2), ERR_OK);
	assert_int_equal(msg_decode_process(&in, &m), ERR_OK);
	assert_true(same_process(&m, &want));
	assert_true(m.curve_key.n > 0);
	buf_reset(&b);
	read_file("process", &b);
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
