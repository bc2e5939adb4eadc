/*
 * message_reader_test - where JSON objects begin and end in a stream.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message_reader.h"

struct input {
	FILE *file;
	struct message_reader *reader;
};

static void open_input(struct input *in, const char *text)
{
	in->file = tmpfile();
	assert_non_null(in->file);
	fputs(text, in->file);
	rewind(in->file);
	in->reader = message_reader_new(in->file);
}

static void close_input(struct input *in)
{
	message_reader_free(&in->reader);
	fclose(in->file);
}

static void next_is(struct input *in, const char *want, uint64_t want_line)
{
	struct slice object;
	uint64_t line;

	assert_int_equal(message_reader_next(in->reader, &object, &line),
			 ERR_OK);
	assert_true(slice_eq_str(object, want));
	assert_int_equal(line, want_line);
}

static void next_fails(struct input *in, enum err want)
{
	struct slice object;
	uint64_t line;

	assert_int_equal(message_reader_next(in->reader, &object, &line), want);
}

static void reads_lines_lists_and_spread_objects(void **state)
{
	struct input in;

	(void)state;
	open_input(&in, "{\"a\":1}\r\n\n{\"b\":\"}\\\"{\"}\n"
			"[ {\"c\":[{}]},\n{\n\"d\":\"\\\\\"\n} ]\n{}");
	next_is(&in, "{\"a\":1}", 1);
	next_is(&in, "{\"b\":\"}\\\"{\"}", 3);
	next_is(&in, "{\"c\":[{}]}", 4);
	next_is(&in, "{\n\"d\":\"\\\\\"\n}", 5);
	next_is(&in, "{}", 8);
	next_fails(&in, ERR_CLOSED);
	close_input(&in);
	open_input(&in, "");
	next_fails(&in, ERR_CLOSED);
	close_input(&in);
}

static void refuses_what_is_no_object(void **state)
{
	const char *const bad[] = {"hello", "1", "{",	     "{\"a\":\"}",
				   "\"a\"", "}", "{\"a\":[}"};
	struct input in;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		open_input(&in, bad[i]);
		next_fails(&in, ERR_MALFORMED);
		close_input(&in);
	}
}

static void refuses_what_never_ends(void **state)
{
	struct input in;

	(void)state;
	open_input(&in, "{");
	fseek(in.file, 0, SEEK_END);
	for (size_t i = 0; i < MESSAGE_BYTES_MAX; i++)
		fputc(' ', in.file);
	rewind(in.file);
	next_fails(&in, ERR_TOO_LARGE);
	close_input(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_lines_lists_and_spread_objects),
	    cmocka_unit_test(refuses_what_is_no_object),
	    cmocka_unit_test(refuses_what_never_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
