/*
 * args_test - flags and operands, right and wrong.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "args.h"

struct target {
	const char *text;
	int64_t number;
	bool yes;
	struct args_list list;
};

#define ARGV_MAX 8

/* Splits at spaces; every argument lives as long as the buffer. */
static enum args_result parse(struct args *args, struct target *t, char *line)
{
	const struct flag own[] = {
	    FLAGS_STR("text", "T", &t->text, "h"),
	    FLAGS_LIST("item", "I", &t->list, "h"),
	    FLAGS_STR("f", "F", &t->text, "h"),
	    FLAGS_END,
	};
	const struct flag common[] = {
	    FLAGS_INT("number", "N", &t->number, 1, 10, "h"),
	    FLAGS_BOOL("yes", &t->yes, "h"),
	    FLAGS_END,
	};
	char *argv[ARGV_MAX] = {NULL};
	int argc = 0;

	for (char *p = line; p && argc < ARGV_MAX; argc++) {
		argv[argc] = p;
		p = strchr(p, ' ');
		if (p)
			*p++ = '\0';
	}
	args->usage = "test";
	args->about = "about";
	args->flags = own;
	return args_parse(args, common, argc, argv);
}

static void takes_flags_anywhere(void **state)
{
	struct args args = {.operands_min = 1, .operands_max = 3};
	struct target t = {0};
	char line[] = "c one --text=a=b --number 7 --yes -- --item";

	(void)state;
	assert_int_equal(parse(&args, &t, line), ARGS_OK);
	assert_string_equal(t.text, "a=b");
	assert_int_equal(t.number, 7);
	assert_true(t.yes);
	assert_int_equal(args.n_operands, 2);
	assert_string_equal(args.operands[0], "one");
	assert_string_equal(args.operands[1], "--item");
}

static void takes_a_letter(void **state)
{
	struct args args = {.operands_max = 1};
	struct target t = {0};
	char line[] = "c -f a=b -", wrong[] = "c -g x", joined[] = "c -fx",
	     dashes[] = "c ---text x";

	(void)state;
	assert_int_equal(parse(&args, &t, line), ARGS_OK);
	assert_string_equal(t.text, "a=b");
	assert_string_equal(args.operands[0], "-");
	assert_int_equal(parse(&args, &t, wrong), ARGS_WRONG);
	assert_int_equal(parse(&args, &t, joined), ARGS_WRONG);
	assert_int_equal(parse(&args, &t, dashes), ARGS_WRONG);
}

static void takes_lists_and_bools(void **state)
{
	struct args args = {.operands_max = 1};
	struct target t = {.yes = true};
	char line[] = "c --item a --item=b --yes=false -";

	(void)state;
	assert_int_equal(parse(&args, &t, line), ARGS_OK);
	assert_int_equal(t.list.n, 2);
	assert_string_equal(t.list.items[1], "b");
	assert_false(t.yes);
	assert_string_equal(args.operands[0], "-");
}

static void refuses_what_is_wrong(void **state)
{
	const char *const lines[] = {
	    "c --nope", "c -x",	       "c --text",	 "c --number 0",
	    "c a b",	"c --number=", "c --number 11",	 "c --number 5x",
	    "c ---",	"c --yes=x",   "c --number=\t5", "c --number 1e1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct args args = {.operands_max = 1};
		struct target t = {0};
		char line[64];

		strncpy(line, lines[i], sizeof(line) - 1);
		line[sizeof(line) - 1] = '\0';
		assert_int_equal(parse(&args, &t, line), ARGS_WRONG);
	}
}

static bool other(void *arg, const char *name, const char *value, bool *used)
{
	*(const char **)arg = value;
	*used = true;
	return strcmp(name, "foreign") == 0;
}

static void hands_foreign_flags_on(void **state)
{
	const char *got = NULL;
	struct args args = {.operands_max = 1, .other = other, .arg = &got};
	struct target t = {0};
	char line[] = "c --foreign x one", bad[] = "c --alien x";

	(void)state;
	assert_int_equal(parse(&args, &t, line), ARGS_OK);
	assert_string_equal(got, "x");
	assert_int_equal(args.n_operands, 1);
	assert_int_equal(parse(&args, &t, bad), ARGS_WRONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_flags_anywhere),
	    cmocka_unit_test(takes_a_letter),
	    cmocka_unit_test(takes_lists_and_bools),
	    cmocka_unit_test(refuses_what_is_wrong),
	    cmocka_unit_test(hands_foreign_flags_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
