/*
 * ops_test - the argument list that settle.lua gets.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "ops.h"

static struct slice *arguments(struct ops *o, size_t *n)
{
	return ops_arguments(o, SLICE_LIT("7"), SLICE_LIT("3"),
			     SLICE_LIT("pr:{p1}:"), SLICE_LIT("0"),
			     SLICE_LIT("100"), n);
}

static void test_arguments(void **state)
{
	static const uint8_t id[16] = {1}, event[16] = {2}, webhook[16] = {0};
	const struct ops_record record = {
	    .place = OPS_DUE,
	    .score = 1234,
	    .id = id,
	    .event = event,
	    .webhook = webhook,
	    .record = SLICE_LIT("record"),
	    .event_frame = SLICE_LIT(""),
	};
	struct slice *argv;
	struct ops o;
	size_t n;

	(void)state;
	ops_init(&o);
	assert_true(ops_empty(&o));
	ops_drop_entry(&o, 42);
	ops_record(&o, &record);
	ops_finish(&o, id, event);
	ops_parcel(&o, SLICE_LIT("0123456789abcdef0123456789ABCDEF"));
	ops_unparcel(&o, id);
	assert_false(ops_empty(&o));
	argv = arguments(&o, &n);
	assert_int_equal(n, 6 + 2 + 8 + 3 + 2 + 2);
	assert_true(slice_eq_str(argv[0], "7"));
	assert_int_equal(argv[3].n, 0);
	assert_true(slice_eq_str(argv[6], "x"));
	assert_true(slice_eq_str(argv[7], "42"));
	assert_true(slice_eq_str(argv[8], "r"));
	assert_true(slice_eq_str(argv[9], "d"));
	assert_true(slice_eq_str(argv[10], "1234"));
	assert_int_equal(argv[11].n, 16);
	assert_true(slice_eq_str(argv[13], "00000000000000000000000000"));
	assert_true(slice_eq_str(argv[14], "record"));
	assert_int_equal(argv[15].n, 0);
	assert_true(slice_eq_str(argv[16], "f"));
	assert_true(slice_eq_str(argv[19], "g"));
	assert_int_equal(argv[20].n, 32);
	assert_true(slice_eq_str(argv[21], "a"));
	assert_int_equal(argv[22].n, 16);
	free(argv);
	ops_reset(&o);
	assert_true(ops_empty(&o));
	ops_fini(&o);
}

static void expect(const struct slice *argv, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_true(slice_eq_str(argv[i], texts[i]));
}

static void test_what_is_kept(void **state)
{
	static const uint8_t webhook[16] = {0};
	static const char *const texts[] = {
	    "e",    "42",   "z", "00000000000000000000000000",
	    "100",  "7000", "t", "events",
	    "5000", "0",    "u", "events",
	};
	struct slice *argv;
	struct ops o;
	size_t n;

	(void)state;
	ops_init(&o);
	ops_keep_entry(&o, 42);
	ops_keep_dead(&o, webhook, 100, 7000);
	ops_trim(&o, "events", 5000, 0);
	ops_remove(&o, "events");
	argv = arguments(&o, &n);
	assert_int_equal(n, 6 + sizeof(texts) / sizeof(texts[0]));
	expect(argv + 6, texts, sizeof(texts) / sizeof(texts[0]));
	free(argv);
	ops_fini(&o);
}

static void test_since(void **state)
{
	static const uint8_t webhook[16] = {0};
	static const char *const texts[] = {
	    "w", "00000000000000000000000000", "failingSince", "5000",
	    "y", "00000000000000000000000000", "heldSince",
	};
	struct slice *argv;
	struct ops o;
	size_t n;

	(void)state;
	ops_init(&o);
	ops_since(&o, webhook, SINCE_FAILING, 5000);
	ops_not_since(&o, webhook, SINCE_HELD);
	argv = arguments(&o, &n);
	assert_int_equal(n, 6 + sizeof(texts) / sizeof(texts[0]));
	expect(argv + 6, texts, sizeof(texts) / sizeof(texts[0]));
	free(argv);
	ops_fini(&o);
}

/* A flush that is sent again must say the same. */
static void test_attempts_frame_twice(void **state)
{
	const struct msg_attempt a = {.attempt = 1, .status = 204};
	struct msg_attempt back;
	struct msg_head head;
	struct slice *argv, in;
	struct ops o;
	size_t n;

	(void)state;
	ops_init(&o);
	ops_attempt(&o, &a);
	ops_attempt(&o, &a);
	free(arguments(&o, &n));
	argv = arguments(&o, &n);
	in = argv[3];
	assert_int_equal(msg_decode_head(&in, &head, 10), ERR_OK);
	assert_int_equal(head.count, 2);
	assert_int_equal(msg_decode_attempt(&in, &back), ERR_OK);
	assert_int_equal(msg_decode_attempt(&in, &back), ERR_OK);
	assert_int_equal(back.status, 204);
	assert_int_equal(in.n, 0);
	free(argv);
	ops_fini(&o);
}

/* What journeys bring, keep and discard. */
static void test_journeys(void **state)
{
	static const char *const texts[] = {
	    "q",
	    "profile:acme:u-1",
	    "60",
	    "1234",
	    "tier",
	    "\"gold\"",
	    "l",
	    "path:acme:p-1",
	    "90",
	    "sky",
	    "{}",
	    "k",
	    "path:acme:p-1",
	    "c",
	    "call:evt_1",
	    "3600",
	    "{}",
	};
	const struct ops_key user = {"profile", SLICE_LIT("acme"),
				     SLICE_LIT("u-1")};
	const struct ops_key path = {"path", SLICE_LIT("acme"),
				     SLICE_LIT("p-1")};
	struct slice *argv;
	struct ops o;
	size_t n;

	(void)state;
	ops_init(&o);
	ops_profile(&o, &user, 60, 1234, SLICE_LIT("tier"),
		    SLICE_LIT("\"gold\""));
	ops_live_data(&o, &path, 90, SLICE_LIT("sky"), SLICE_LIT("{}"));
	ops_discard(&o, &path);
	ops_call(&o, "evt_1", 3600, SLICE_LIT("{}"));
	argv = arguments(&o, &n);
	assert_int_equal(n, 6 + sizeof(texts) / sizeof(texts[0]));
	expect(argv + 6, texts, n - 6);
	free(argv);
	ops_fini(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_arguments),
	    cmocka_unit_test(test_what_is_kept),
	    cmocka_unit_test(test_since),
	    cmocka_unit_test(test_journeys),
	    cmocka_unit_test(test_attempts_frame_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
