/*
 * journey_take_test - what tiles keep of an answer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "journey_world.h"

#define CAPTURE                                                        \
	"\"method\":\"GET\",\"capture\":{\"profileFields\":{\"tier\":" \
	"\"$.tier\",\"city\":\"$.a.city\"}}"
#define RETRIEVAL(more)                                           \
	"\"method\":\"GET\",\"dataRetrieval\":{\"enabled\":true," \
	"\"name\":\"weather\"" more "}"
#define FIELDS                                                           \
	",\"fields\":{\"sky\":{\"path\":\"$.sky\",\"type\":\"string\"}," \
	"\"wind\":{\"path\":\"$.wind\",\"type\":\"number\",\"default\":0}}"

static const struct {
	const char *members;
	bool keeps[4]; /* by tile */
} kept[] = {
    {"", {false, false, false, false}},
    {CAPTURE, {false, false, true, false}},
    {"\"capture\":{\"profileFields\":{\"tier\":\"$.tier\"}}",
     {false, false, false, false}}, /* a POST keeps nothing */
    {RETRIEVAL(""), {false, false, false, true}},
    {RETRIEVAL(FIELDS), {false, false, false, true}},
    {"\"dataRetrieval\":{\"enabled\":false,\"name\":\"weather\"}",
     {false, false, false, false}},
};

static void test_keeps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		struct world w;

		world_init(&w, kept[i].members);
		for (int tile = 0; tile < 4; tile++)
			assert_int_equal(journey_keeps(w.plan, (enum tile)tile),
					 kept[i].keeps[tile]);
		world_fini(&w);
	}
}

static const struct {
	const char *members;
	enum tile tile;
	const char *answer;
	bool cut;
	const char *want; /* the values; of a failure its text, begun so */
	bool ok;
} answers[] = {
    {CAPTURE, TILE_userProfile, "{\"a\":{\"city\":\"Rome\"},\"tier\":\"gold\"}",
     false, "{\"tier\":\"gold\",\"city\":\"Rome\"}", true},
    {CAPTURE, TILE_userProfile, "{\"tier\":1.50}", false, "{\"tier\":1.50}",
     true},
    {CAPTURE, TILE_userProfile, "[]", false, "{}", true},
    {CAPTURE, TILE_userProfile, "<html>", false,
     "capture: the answer is no JSON", false},
    {CAPTURE, TILE_userProfile, "", false, "capture: the answer is no JSON",
     false},
    {CAPTURE, TILE_userProfile, "{\"tier\":\"gold\"}", true,
     "capture: the answer is too long", false},
    {RETRIEVAL(""), TILE_liveData, "{\"sky\": \"grey\", \"t\": 1e2}", false,
     "{\"weather\":{\"sky\":\"grey\",\"t\":1e2}}", true},
    {RETRIEVAL(""), TILE_liveData, " 17 ", false, "{\"weather\":17}", true},
    {RETRIEVAL(""), TILE_liveData, "[1,\"a\"]", false,
     "{\"weather\":[1,\"a\"]}", true},
    {RETRIEVAL(""), TILE_liveData, "nope", false,
     "dataRetrieval: the answer is no JSON", false},
    {RETRIEVAL(""), TILE_liveData, "{} {}", false,
     "dataRetrieval: the answer is no JSON", false},
    {RETRIEVAL(""), TILE_liveData, "\"\xff\"", false,
     "dataRetrieval: the answer is no JSON", false},
    {RETRIEVAL(""), TILE_liveData, "\"\xc0\x80\"", false,
     "dataRetrieval: the answer is no JSON", false},
    {RETRIEVAL(""), TILE_liveData, "\"\xed\xa0\x80\"", false,
     "dataRetrieval: the answer is no JSON", false},
    {RETRIEVAL(""), TILE_liveData, "{\"\\udc00\":\"a\\udfffb\"}", false,
     "{\"weather\":{\"\xef\xbf\xbd\":\"a\xef\xbf\xbd"
     "b\"}}",
     true},
    {RETRIEVAL(""), TILE_liveData, "{}", true,
     "dataRetrieval: the answer is too long", false},
    {RETRIEVAL(FIELDS), TILE_liveData, "{\"sky\":\"grey\",\"wind\":3,\"x\":1}",
     false, "{\"weather\":{\"sky\":\"grey\",\"wind\":3}}", true},
    {RETRIEVAL(FIELDS), TILE_liveData, "{\"sky\":\"grey\"}", false,
     "{\"weather\":{\"sky\":\"grey\",\"wind\":0}}", true},
    {RETRIEVAL(FIELDS), TILE_liveData, "{\"wind\":3}", false,
     "dataRetrieval: field \"sky\" ", false},
    {RETRIEVAL(FIELDS), TILE_liveData, "{\"sky\":7}", false,
     "dataRetrieval: field \"sky\" ", false},
};

static void test_take(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		const char *want = answers[i].want;
		struct world w;
		bool ok;

		world_init(&w, answers[i].members);
		ok = world_take(&w, answers[i].tile, answers[i].answer,
				answers[i].cut);
		if (ok != answers[i].ok)
			fail_msg("%s: %s", answers[i].answer,
				 ok ? w.values.p : w.error);
		if (ok ? strcmp(w.values.p, want) != 0
		       : strncmp(w.error, want, strlen(want)) != 0)
			fail_msg("%s: %s", answers[i].answer,
				 ok ? w.values.p : w.error);
		world_fini(&w);
	}
}

/* What is kept may be no larger than the buffer for it. */
static void test_too_large(void **state)
{
	struct world w;
	(void)state;

	world_init(&w, RETRIEVAL(""));
	buf_fini(&w.values);
	buf_init(&w.values, 16);
	assert_false(
	    world_take(&w, TILE_liveData, "\"0123456789abcdef\"", false));
	assert_non_null(strstr(w.error, "too long"));
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keeps),
	    cmocka_unit_test(test_take),
	    cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
