/*
 * guard_test - what the guard lets through and what it refuses.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "proto/guard.h"

#define DEPTH 32
#define VALUES 1000

struct row {
	const char *name;
	struct slice in;
	enum err e;
	size_t used;
};

#define IN(s) SLICE_LIT(s)

static void test_values(void **state)
{
	const struct row rows[] = {
	    {"nothing", {"", 0}, ERR_MALFORMED, 0},
	    {"nil", IN("\xc0"), ERR_OK, 1},
	    {"the reserved byte", IN("\xc1"), ERR_MALFORMED, 0},
	    {"a string and more", IN("\xa2hi\xc0"), ERR_OK, 3},
	    {"a string cut off", IN("\xa2h"), ERR_MALFORMED, 0},
	    {"a map",
	     IN("\x81\xa1"
		"a\x01"),
	     ERR_OK, 4},
	    {"a map without its value",
	     IN("\x81\xa1"
		"a"),
	     ERR_MALFORMED, 0},
	    {"ext", IN("\xd4\x01\x02"), ERR_MALFORMED, 0},
	    {"ext inside", IN("\x91\xd4\x01\x02"), ERR_MALFORMED, 0},
	    {"array of 2^27", IN("\xdd\x07\xff\xff\xff"), ERR_MALFORMED, 0},
	    {"map of 2^32-1", IN("\xdf\xff\xff\xff\xff"), ERR_MALFORMED, 0},
	    {"string of 4 GiB",
	     IN("\xdb\xff\xff\xff\xff"
		"a"),
	     ERR_MALFORMED, 0},
	    {"binary of 4 GiB",
	     IN("\xc6\xff\xff\xff\xff"
		"a"),
	     ERR_MALFORMED, 0},
	    {"empty map", IN("\x80"), ERR_OK, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t used = 0;
		enum err e = guard_value(rows[i].in, DEPTH, VALUES, &used);

		if (e != rows[i].e || used != rows[i].used)
			fail_msg("%s: got %d, %zu", rows[i].name, (int)e, used);
	}
}

static void test_depth(void **state)
{
	char bomb[DEPTH + 2];
	size_t used;

	(void)state;
	memset(bomb, '\x91', sizeof(bomb));
	bomb[DEPTH] = '\xc0';
	assert_int_equal(
	    guard_value(slice_bytes(bomb, DEPTH + 1), DEPTH, VALUES, &used),
	    ERR_OK);
	bomb[DEPTH] = '\x91';
	bomb[DEPTH + 1] = '\xc0';
	assert_int_equal(
	    guard_value(slice_bytes(bomb, DEPTH + 2), DEPTH, VALUES, &used),
	    ERR_TOO_DEEP);
}

static void test_value_count(void **state)
{
	char many[3 + VALUES];
	size_t used;

	(void)state;
	memset(many, '\xc0', sizeof(many));
	memcpy(many, "\xdc\x03\xe7", 3); /* 999 elements and the array */
	assert_int_equal(
	    guard_value(slice_bytes(many, 3 + 999), DEPTH, VALUES, &used),
	    ERR_OK);
	memcpy(many, "\xdc\x03\xe8", 3);
	assert_int_equal(
	    guard_value(slice_bytes(many, sizeof(many)), DEPTH, VALUES, &used),
	    ERR_TOO_LARGE);
}

static void test_flat_array(void **state)
{
	size_t used = 0;

	(void)state;
	assert_int_equal(guard_flat_array(IN("\x92\x01\xa1x\xc0"), 4, &used),
			 ERR_OK);
	assert_int_equal(used, 4);
	assert_int_equal(guard_flat_array(IN("\x92\x01\x90"), 4, &used),
			 ERR_MALFORMED);
	assert_int_equal(guard_flat_array(IN("\x92\x01"), 4, &used),
			 ERR_MALFORMED);
	assert_int_equal(guard_flat_array(IN("\x92\x01\x02"), 1, &used),
			 ERR_TOO_LARGE);
	assert_int_equal(guard_flat_array(IN("\x01"), 4, &used), ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_value_count),
	    cmocka_unit_test(test_flat_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
