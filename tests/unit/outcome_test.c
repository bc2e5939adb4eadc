/*
 * outcome_test - how a call ended: from both of a router's spellings to both of
 * a publisher's. SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "outcome.h"

#define ID "evt_01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define FEED                                    \
	"\x85\xa2id\xbe" ID "\xa7outcome\xa9"   \
	"delivered\xa6status\xcc\xc8"           \
	"\xa6values\x82\xa3sky\x92\xa4"         \
	"blue\xff\xa1n\xcb\x3f\xe0\0\0\0\0\0\0" \
	"\xa5"                                  \
	"error\xc0"
#define TEXT                                                           \
	"{\"id\":\"" ID "\",\"outcome\":\"delivered\",\"status\":200," \
	"\"values\":{\"sky\":[\"blue\",-1],\"n\":0.5},\"error\":null}"

static void assert_written(const json_t *o, enum encoding encoding,
			   struct slice want)
{
	struct ulid id;
	struct buf b;

	assert_non_null(o);
	assert_true(outcome_id(o, &id));
	buf_init(&b, 1024);
	outcome_write(&b, encoding, &id, o);
	assert_int_equal(b.n, want.n);
	assert_memory_equal(b.p, want.p, want.n);
	buf_fini(&b);
}

static void test_both_ways(void **state)
{
	json_t *feed = outcome_of_feed(SLICE_LIT(FEED));
	json_t *text = outcome_of_text(SLICE_LIT(TEXT));

	(void)state;
	assert_written(feed, ENCODING_JSON, SLICE_LIT(TEXT));
	assert_written(feed, ENCODING_MSGPACK, SLICE_LIT(FEED));
	assert_written(text, ENCODING_JSON, SLICE_LIT(TEXT));
	assert_written(text, ENCODING_MSGPACK, SLICE_LIT(FEED));
	json_decref(feed);
	json_decref(text);
}

/* What else there is stays; what there is not is told as nothing. */
static void test_members(void **state)
{
	json_t *o = outcome_of_text(
	    SLICE_LIT("{\"project\":\"acme\",\"error\":\"expired\",\"id\":\"" ID
		      "\",\"outcome\":\"dead\"}"));

	(void)state;
	assert_written(o, ENCODING_JSON,
		       SLICE_LIT("{\"id\":\"" ID "\",\"outcome\":\"dead\","
				 "\"status\":0,\"values\":null,"
				 "\"error\":\"expired\"}"));
	json_decref(o);
}

static void test_no_outcome(void **state)
{
	static const struct slice texts[] = {
	    {"", 0}, {"{}", 2}, {"[]", 2}, {"{\"outcome\":\"retry\"}", 19}};
	static const struct slice packed[] = {{"", 0},
					      {"\x80", 1},
					      {"\x81\xa7outcome\xa4"
					       "dead\xc1",
					       14 - 1},
					      {"\x82\xa7outcome\xa4"
					       "dead",
					       14},
					      {"\x82\xa7outcome\xa4"
					       "dead\xa1\xff\x01",
					       17},
					      {"\x82\xa7outcome\xa4"
					       "dead\xa1x\xc4\x01y",
					       19},
					      {"\xdf\xff\xff\xff\xff", 5}};
	struct ulid id;
	json_t *o;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_null(outcome_of_text(texts[i]));
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		o = outcome_of_feed(packed[i]);
		if (i == 2)
			assert_false(outcome_id(o, &id));
		else
			assert_null(o);
		json_decref(o);
	}
}

static void test_cut_and_deep(void **state)
{
	static const char feed[] = FEED;
	char deep[1000];

	(void)state;
	for (size_t n = 0; n < sizeof(feed) - 1; n++)
		assert_null(outcome_of_feed(slice_bytes(feed, n)));
	memset(deep, '\x91', sizeof(deep));
	deep[sizeof(deep) - 1] = '\xc0';
	assert_null(outcome_of_feed(slice_bytes(deep, sizeof(deep))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_ways),
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_no_outcome),
	    cmocka_unit_test(test_cut_and_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
