/*
 * capture_test - what is kept of an answer, and which maps are refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "filter/document.h"
#include "jsonpath/capture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ANSWER                                                               \
	"{\"tier\":\"gold\",\"n\":1.50,\"big\":12345678901234567890,\"ok\":" \
	"true,\"no\":null,\"list\":[1,2],\"o\":{\"b\":1,\"a\":\"\\n\"},"     \
	"\"day\":\"2026-11-26\",\"at\":\"2026-11-26T22:24:26.123+01:00\","   \
	"\"days\":[\"2026-02-29\"]}"
/* One field. */
#define FIELD(spec) "{\"f\":" spec "}"

static const struct take_case {
	enum capture_kind kind;
	const char *fields, *out, *error;
} takes[] = {
    {CAPTURE_PROFILE, "{}", "{}", NULL},
    {CAPTURE_PROFILE,
     "{\"t\":\"$.tier\",\"a\":\"$.n\",\"x\":\"$.gone\","
     "\"m\":\"$.list[*]\",\"b\":\"$.big\",\"z\":\"$.no\"}",
     "{\"t\":\"gold\",\"a\":1.50,\"b\":12345678901234567890,\"z\":null}", NULL},
    {CAPTURE_PROFILE, "{\"o\":\"$.o\",\"l\":\"$.list\"}",
     "{\"o\":{\"b\":1,\"a\":\"\\n\"},\"l\":[1,2]}", NULL},
    {CAPTURE_PROFILE, "{\"x\":\"$.gone\",\"q\\\"\":\"$.list[?@>1]\"}",
     "{\"q\\\"\":2}", NULL},
    {CAPTURE_FIELDS, "{}", "{}", NULL},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.tier\"}"), "{\"f\":\"gold\"}", NULL},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.no\"}"), "{\"f\":null}", NULL},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.tier\",\"type\":\"string\"}"),
     "{\"f\":\"gold\"}", NULL},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.n\",\"type\":\"number\"}"),
     "{\"f\":1.50}", NULL},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.ok\",\"type\":\"boolean\"}"),
     "{\"f\":true}", NULL},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.list\",\"type\":\"array\"}"),
     "{\"f\":[1,2]}", NULL},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.o\",\"type\":\"object\"}"),
     "{\"f\":{\"b\":1,\"a\":\"\\n\"}}", NULL},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.day\",\"type\":\"date\"}"),
     "{\"f\":\"2026-11-26\"}", NULL},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.at\",\"type\":\"date\"}"),
     "{\"f\":\"2026-11-26T22:24:26.123+01:00\"}", NULL},
    {CAPTURE_FIELDS,
     "{\"a\":{\"path\":\"$.x\",\"default\":0.1},\"b\":{\"path\":\"$.tier\","
     "\"type\":\"number\",\"default\":7},\"c\":{\"path\":\"$.list[*]\","
     "\"default\":{\"k\":[null]}},\"d\":{\"path\":\"$.x\",\"default\":null}}",
     "{\"a\":0.1,\"b\":7,\"c\":{\"k\":[null]},\"d\":null}", NULL},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.x\"}"), "", "field \"f\" is missing"},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.list[*]\"}"), "",
     "field \"f\" has many values"},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.n\",\"type\":\"string\"}"), "",
     "field \"f\" is no string"},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.tier\",\"type\":\"date\"}"), "",
     "field \"f\" is no date"},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.days[0]\",\"type\":\"date\"}"), "",
     "field \"f\" is no date"},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.no\",\"type\":\"object\"}"), "",
     "field \"f\" is no object"},
    {CAPTURE_FIELDS,
     "{\"a\":{\"path\":\"$.n\"},\"b\":{\"path\":\"$.n\",\"type\":\"array\"}}",
     "", "field \"b\" is no array"},
};

static const struct fault_case {
	enum capture_kind kind;
	const char *fields, *field, *text;
} faults[] = {
    {CAPTURE_PROFILE, "[]", "", "is no object"},
    {CAPTURE_PROFILE, "{\"\":\"$.a\"}", "", "1 to 128 bytes"},
    {CAPTURE_PROFILE, "{\"a\":1}", "a", "is no string"},
    {CAPTURE_PROFILE, "{\"a\":\"$.a\",\"b\":\"x\"}", "b",
     "at byte 1: a path starts with $"},
    {CAPTURE_FIELDS, FIELD("\"$.a\""), "f", "is no object"},
    {CAPTURE_FIELDS, FIELD("{}"), "f.path", "is missing"},
    {CAPTURE_FIELDS, FIELD("{\"path\":null}"), "f.path", "is no string"},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$.\"}"), "f.path",
     "at byte 3: a name is missing"},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$\",\"typ\":\"string\"}"), "f.typ",
     "is not known"},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$\",\"type\":\"text\"}"), "f.type",
     "is none of string, number"},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$\",\"type\":\"\"}"), "f.type",
     "is none of"},
    {CAPTURE_FIELDS, FIELD("{\"path\":\"$\",\"type\":1}"), "f.type",
     "is none of"},
    {CAPTURE_FIELDS,
     FIELD("{\"path\":\"$\",\"type\":\"string\",\"default\":1}"), "f.default",
     "is of another type"},
    {CAPTURE_FIELDS,
     FIELD("{\"path\":\"$\",\"type\":\"boolean\",\"default\":null}"),
     "f.default", "is of another type"},
    {CAPTURE_FIELDS,
     FIELD("{\"path\":\"$\",\"type\":\"date\",\"default\":\"soon\"}"),
     "f.default", "is of another type"},
};

static struct capture *compile(const char *text, enum capture_kind kind,
			       struct capture_fault *fault)
{
	json_t *json = json_loads(text, 0, NULL);
	struct capture *c = capture_compile(json, kind, fault);

	json_decref(json);
	return c;
}

static void check_take(const struct take_case *t)
{
	struct document *d = document_new();
	const struct value *answer = document_read_any(d, slice_of(ANSWER));
	struct arena arena = {0};
	struct capture_fault fault;
	struct capture *c = compile(t->fields, t->kind, &fault);
	char error[256] = "";
	struct buf out;

	if (!c)
		fail_msg("%s: %s: %s", t->fields, fault.field, fault.text);
	buf_init(&out, 4096);
	buf_append_str(&out, "=");
	assert_int_equal(
	    capture_take(c, answer, &arena, &out, error, sizeof(error)),
	    !t->error);
	assert_string_equal(error, t->error ? t->error : "");
	buf_append_char(&out, '\0');
	assert_string_equal(out.p + 1, t->out);
	buf_fini(&out);
	capture_free(&c);
	arena_fini(&arena);
	document_free(&d);
}

static void test_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(takes); i++)
		check_take(&takes[i]);
}

static void test_faults(void **state)
{
	struct capture_fault fault;

	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		if (compile(faults[i].fields, faults[i].kind, &fault))
			fail_msg("taken: %s", faults[i].fields);
		assert_string_equal(fault.field, faults[i].field);
		if (!strstr(fault.text, faults[i].text))
			fail_msg("%s: %s", faults[i].fields, fault.text);
	}
}

static bool takes_fields(int n)
{
	json_t *fields = json_object();
	struct capture_fault fault;
	struct capture *c;
	char name[16];
	bool taken;

	while (n-- > 0) {
		snprintf(name, sizeof(name), "f%d", n);
		json_object_set_new(fields, name, json_string("$.a"));
	}
	c = capture_compile(fields, CAPTURE_PROFILE, &fault);
	taken = c != NULL;
	capture_free(&c);
	json_decref(fields);
	return taken;
}

static bool takes_name(size_t n, const char *key)
{
	char name[CAPTURE_NAME_MAX + 2] = "";
	struct capture_fault fault;
	struct capture *c;
	json_t *fields;

	memset(name, 'n', n);
	fields = json_pack("{s:{s:s}}", name, key, "$");
	c = capture_compile(fields, CAPTURE_FIELDS, &fault);
	json_decref(fields);
	if (!c) {
		/* Whatever was cut, it is text. */
		assert_true(slice_is_utf8(slice_of(fault.field)));
		return false;
	}
	capture_free(&c);
	return true;
}

static void test_limits(void **state)
{
	(void)state;
	assert_true(takes_fields(CAPTURE_FIELDS_MAX));
	assert_false(takes_fields(CAPTURE_FIELDS_MAX + 1));
	assert_true(takes_name(CAPTURE_NAME_MAX, "path"));
	assert_false(takes_name(CAPTURE_NAME_MAX + 1, "path"));
	assert_false(takes_name(
	    CAPTURE_NAME_MAX,
	    "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
	    "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
	    "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
	    "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
	    "\xa9"));
}

/* A default keeps the date forms apart, so it shows which there are. */
static bool takes_date(const char *text)
{
	json_t *fields = json_pack("{s:{s:s,s:s,s:s}}", "f", "path", "$",
				   "type", "date", "default", text);
	struct capture_fault fault;
	struct capture *c = capture_compile(fields, CAPTURE_FIELDS, &fault);
	bool taken = c != NULL;

	capture_free(&c);
	json_decref(fields);
	return taken;
}

static void test_dates(void **state)
{
	static const char *const good[] = {
	    "2024-02-29",	    "2000-02-29",
	    "2026-11-26T22:24:26Z", "2026-11-26t22:24:26z",
	    "2026-11-26 22:24",	    "2026-11-26T22:24:60.5-0130",
	    "2026-11-26T22:24+01",  "0001-01-01T00:00:00,25"};
	static const char *const bad[] = {"",
					  "2023-02-29",
					  "1900-02-29",
					  "2026-13-01",
					  "2026-00-10",
					  "2026-11-31",
					  "2026-11-00",
					  "26-11-26",
					  "2026-1-26",
					  "2026-11-26T",
					  "2026-11-26T22",
					  "2026-11-26T24:00",
					  "2026-11-26T22:60",
					  "2026-11-26T22:24:61",
					  "2026-11-26T22:24:26.",
					  "2026-11-26T22:24:26+",
					  "2026-11-26T22:24:26+01:60",
					  "2026-11-26T22:24:26Zx",
					  "2026-11-26Z",
					  "20261126",
					  " 2026-11-26"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!takes_date(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (takes_date(bad[i]))
			fail_msg("taken: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_takes),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
