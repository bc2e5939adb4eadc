/*
 * filter_test - what filters hold for, and which are refused.
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

#include "base/mem.h"
#include "filter/document.h"
#include "filter/filter.h"

/* The message of most cases. */
#define M                                                                  \
	"{\"email\":\"ada@example.com\",\"eventName\":\"emailSend\","      \
	"\"dataFields\":{\"n\":42,\"f\":1.5,\"one\":1.0,\"s\":\"h\\u00e9!" \
	"\",\"t\":true,\"z\":null,\"big\":9007199254740993,"               \
	"\"huge\":18446744073709551616,\"e\":12e-1,\"list\":[1,\"b\",[2]," \
	"{\"k\":3}],\"o\":{\"x\":1,\"y\":[{\"z\":null}]},"                 \
	"\"items\":[{\"sku\":\"a\",\"n\":1},{\"sku\":\"b\",\"n\":9,"       \
	"\"tags\":[\"p\",\"q\"]}],\"empty\":[],\"\":1,\"0\":\"zero\"}}"
/* A condition on dataFields.<name>. */
#define D(name, condition) "{\"dataFields." name "\":" condition "}"

static const struct hold_case {
	const char *filter;
	bool holds;
} hold_cases[] = {
    {"{}", true},
    {"{\"email\":\"ada@example.com\"}", true},
    {"{\"email\":\"ADA@example.com\"}", false},
    {"{\"userId\":\"u\"}", false},
    {"{\"eventName\":\"emailSend\",\"dataFields.n\":42}", true},
    {"{\"eventName\":\"emailSend\",\"dataFields.n\":43}", false},
    /* Equality is by type and value. */
    {D("n", "42.0"), true},
    {D("n", "4.2e1"), true},
    {D("n", "\"42\""), false},
    {D("one", "1"), true},
    {D("f", "1.5"), true},
    {D("e", "1.2"), true},
    {D("big", "9007199254740993"), true},
    {D("big", "9007199254740992"), false},
    {D("huge", "18446744073709551616.0"), false}, /* refused: 20 digits */
    {D("huge", "1.8e19"), false},
    {D("s", "\"h\xc3\xa9!\""), true},
    {D("s", "\"h\\u00e9!\""), true},
    {D("t", "true"), true},
    {D("t", "false"), false},
    {D("t", "1"), false},
    {D("z", "null"), true},
    {D("z", "false"), false},
    {D("gone", "null"), false},
    {D("o", "{\"y\":[{\"z\":null}],\"x\":1.0}"), true},
    {D("o", "{\"x\":1}"), false},
    {D("o", "{\"y\":[{\"z\":0}],\"x\":1}"), false},
    {D("o", "{\"y\":[{\"w\":null}],\"x\":1}"), false},
    {D("o", "{\"$eq\":{\"x\":1,\"y\":[{\"z\":null}]}}"), true},
    {D("empty", "[]"), true},
    {D("empty", "{}"), false},
    /* Arrays: the whole or any element. */
    {D("list", "1"), true},
    {D("list", "\"b\""), true},
    {D("list", "2"), false},
    {D("list", "[2]"), true},
    {D("list", "[1,\"b\",[2],{\"k\":3}]"), true},
    {D("list", "[1,\"b\"]"), false},
    {D("list", "{\"k\":3}"), true},
    {D("list", "{\"$gt\":0,\"$lt\":2}"), true},
    {D("list.0", "1"), true},
    {D("list.1", "1"), false},
    {D("list.2.0", "2"), true},
    {D("list.00", "1"), false},
    {D("list.9", "{\"$exists\":true}"), false},
    {D("list.k", "3"), true},
    {D("items.sku", "\"b\""), true},
    {D("items.sku", "\"c\""), false},
    {D("items.1.sku", "\"b\""), true},
    {D("items.0.sku", "\"b\""), false},
    {D("items.tags", "\"q\""), true},
    {D("items.tags", "[\"p\",\"q\"]"), true},
    {D("o.y.z", "null"), true},
    {D("0", "\"zero\""), true},
    {D("n.x", "{\"$exists\":true}"), false},
    {D("items.n", "{\"$gt\":5}"), true},
    {D("items.n", "{\"$not\":{\"$gt\":5}}"), false},
    /* Negation holds for what is not there. */
    {D("n", "{\"$ne\":42}"), false},
    {D("n", "{\"$ne\":\"42\"}"), true},
    {D("gone", "{\"$ne\":42}"), true},
    {D("gone", "{\"$nin\":[1]}"), true},
    {D("gone", "{\"$not\":{\"$gt\":1}}"), true},
    {D("items.sku", "{\"$ne\":\"b\"}"), false},
    {D("list", "{\"$nin\":[7,8]}"), true},
    {D("list", "{\"$nin\":[7,1]}"), false},
    {D("n", "{\"$in\":[1,42]}"), true},
    {D("n", "{\"$in\":[1,\"42\"]}"), false},
    {D("o", "{\"$in\":[1,{\"x\":1,\"y\":[{\"z\":null}]}]}"), true},
    /* Order. */
    {D("n", "{\"$gt\":41}"), true},
    {D("n", "{\"$gt\":42}"), false},
    {D("n", "{\"$gte\":42}"), true},
    {D("n", "{\"$lt\":42.5}"), true},
    {D("n", "{\"$lte\":41.5}"), false},
    {D("f", "{\"$gt\":1}"), true},
    {D("f", "{\"$lt\":2}"), true},
    {D("f", "{\"$gte\":1.5,\"$lte\":1.5}"), true},
    {D("big", "{\"$gt\":9007199254740992}"), true},
    {D("huge", "{\"$gt\":9223372036854775807}"), true},
    {D("huge", "{\"$lt\":1e300}"), true},
    {D("huge", "{\"$lt\":-1}"), false},
    {D("n", "{\"$gt\":\"1\"}"), false},
    {D("s", "{\"$gt\":1}"), false},
    {D("s", "{\"$gt\":\"g\",\"$lt\":\"i\"}"), true},
    {D("s", "{\"$gt\":\"h\xc3\xa9!!\"}"), false},
    {D("s", "{\"$gte\":\"h\"}"), true},
    {D("t", "{\"$gt\":0}"), false},
    {D("gone", "{\"$lt\":9}"), false},
    /* Presence. */
    {D("z", "{\"$exists\":true}"), true},
    {D("z", "{\"$exists\":false}"), false},
    {D("gone", "{\"$exists\":false}"), true},
    {D("items.tags", "{\"$exists\":true}"), true},
    {"{\"dataFields\":{\"$exists\":true}}", true},
    {"{\"userId\":{\"$exists\":false}}", true},
    /* Texts. */
    {D("s", "{\"$prefix\":\"h\xc3\"}"), false}, /* refused: no UTF-8 */
    {D("s", "{\"$prefix\":\"h\xc3\xa9\"}"), true},
    {D("s", "{\"$prefix\":\"\"}"), true},
    {D("s", "{\"$prefix\":\"h\xc3\xa9!?\"}"), false},
    {D("s", "{\"$suffix\":\"!\"}"), true},
    {D("s", "{\"$suffix\":\"?\"}"), false},
    {D("s", "{\"$contains\":\"\xc3\xa9\"}"), true},
    {D("s", "{\"$contains\":\"\"}"), true},
    {D("s", "{\"$contains\":\"x\"}"), false},
    {D("s", "{\"$contains\":1}"), false},
    {D("n", "{\"$prefix\":\"4\"}"), false},
    {D("items.sku", "{\"$prefix\":\"b\"}"), true},
    {"{\"email\":{\"$suffix\":\"@example.com\",\"$prefix\":\"ada\"}}", true},
    {D("list", "{\"$contains\":\"b\"}"), true},
    {D("list", "{\"$contains\":[2]}"), true},
    {D("list", "{\"$contains\":2}"), false},
    {D("items.tags", "{\"$contains\":\"q\"}"), true},
    {D("items.tags", "{\"$contains\":\"\"}"), false},
    /* Whole filters. */
    {"{\"$or\":[{\"userId\":\"u\"},{\"dataFields.n\":42}]}", true},
    {"{\"$or\":[{\"userId\":\"u\"},{\"dataFields.n\":4}]}", false},
    {"{\"$or\":[{}]}", true},
    {"{\"$and\":[{\"dataFields.t\":true},{\"dataFields.n\":42}]}", true},
    {"{\"$and\":[{\"dataFields.t\":true},{\"dataFields.n\":4}]}", false},
    {"{\"$not\":{\"dataFields.n\":42}}", false},
    {"{\"$not\":{\"dataFields.n\":4,\"dataFields.t\":true}}", true},
    {"{\"$not\":{\"$not\":{\"dataFields.n\":42}}}", true},
    {"{\"dataFields.n\":{\"$not\":{\"$gt\":1,\"$lt\":50}}}", false},
};

static const struct fault_case {
	const char *filter, *path, *text;
} fault_cases[] = {
    {"[]", "filter", "an object"},
    {"{\"a\":1}", "filter.a", "begins with"},
    {"{\"\":1}", "filter.", "empty name"},
    {D("", "1"), "filter.dataFields.", "empty name"},
    {D("a..b", "1"), "filter.dataFields.a..b", "empty name"},
    {"{\".email\":1}", "filter..email", "empty name"},
    {"{\"$gt\":1}", "filter.$gt", "below a path"},
    {"{\"$regex\":1}", "filter.$regex", "no such operator"},
    {D("x", "{\"$regex\":\"a\"}"), "filter.dataFields.x.$regex",
     "no such operator"},
    {D("x", "{\"$gt\":1,\"a\":1}"), "filter.dataFields.x.a",
     "no such operator"},
    {D("x", "{\"$or\":[]}"), "filter.dataFields.x.$or", "no such operator"},
    {"{\"$or\":[{},{\"dataFields.x\":{\"$gt\":{}}}]}",
     "filter.$or[1].dataFields.x.$gt", "a number or a text"},
    {D("x", "{\"$gt\":true}"), "filter.dataFields.x.$gt", "a number"},
    {D("x", "{\"$in\":3}"), "filter.dataFields.x.$in", "a list"},
    {D("x", "{\"$nin\":[]}"), "filter.dataFields.x.$nin", "a list"},
    {D("x", "{\"$exists\":1}"), "filter.dataFields.x.$exists", "true or"},
    {D("x", "{\"$prefix\":1}"), "filter.dataFields.x.$prefix", "a text"},
    {D("x", "{\"$not\":1}"), "filter.dataFields.x.$not", "operators"},
    {D("x", "{\"$not\":{}}"), "filter.dataFields.x.$not", "operators"},
    {"{\"$and\":{}}", "filter.$and", "a list"},
    {"{\"$and\":[]}", "filter.$and", "a list"},
    {"{\"$and\":[1]}", "filter.$and[0]", "an object"},
    {"{\"$not\":[]}", "filter.$not", "an object"},
    {D("x", "{\"$in\":[1,0.12345678901234567]}"), "filter.dataFields.x.$in[1]",
     "15 digits"},
    {D("x", "{\"a\":{\"b\":[0.12345678901234567]}}"),
     "filter.dataFields.x.a.b[0]", "15 digits"},
};

static json_t *parse(const char *text)
{
	return json_loads(text, JSON_DECODE_ANY, NULL);
}

static void test_holds(void **state)
{
	struct document *d = document_new();
	(void)state;

	for (size_t i = 0; i < sizeof(hold_cases) / sizeof(*hold_cases); i++) {
		const struct hold_case *c = &hold_cases[i];
		const struct value *message =
		    document_read(d, NULL, slice_of(M));
		json_t *json = parse(c->filter);
		struct filter_fault fault;
		struct filter *f = json ? filter_compile(json, &fault) : NULL;

		if ((f && filter_holds(f, message)) != c->holds)
			fail_msg("%s: %s", c->filter, f ? "wrong" : fault.text);
		filter_free(&f);
		json_decref(json);
	}
	document_free(&d);
}

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fault_cases) / sizeof(*fault_cases);
	     i++) {
		const struct fault_case *c = &fault_cases[i];
		json_t *json = parse(c->filter);
		struct filter_fault fault;
		struct filter *f = filter_compile(json, &fault);

		if (f || strcmp(fault.path, c->path) != 0 ||
		    !strstr(fault.text, c->text))
			fail_msg("%s: %s: %s", c->filter, fault.path,
				 f ? "taken" : fault.text);
		json_decref(json);
	}
}

static void assert_fault(json_t *json, const char *text)
{
	struct filter_fault fault;
	struct filter *f = filter_compile(json, &fault);

	assert_null(f);
	if (!strstr(fault.text, text))
		fail_msg("%s: %s", fault.path, fault.text);
	json_decref(json);
}

static void assert_taken(json_t *json)
{
	struct filter_fault fault;
	struct filter *f = filter_compile(json, &fault);

	if (!f)
		fail_msg("%s: %s", fault.path, fault.text);
	filter_free(&f);
	json_decref(json);
}

/* {"$not": {"$not": … {}}} */
static json_t *nested(size_t depth)
{
	json_t *json = json_object();

	while (depth-- > 0)
		json = json_pack("{s:o}", "$not", json);
	return json;
}

static json_t *list(size_t n)
{
	json_t *all = json_array();

	while (n-- > 0)
		json_array_append_new(all, json_integer(7));
	return json_pack("{s:{s:o}}", "dataFields.x", "$in", all);
}

static json_t *conditions(size_t n)
{
	json_t *all = json_array();

	while (n-- > 0)
		json_array_append_new(all, json_pack("{s:i}", "email", 1));
	return json_pack("{s:o}", "$or", all);
}

static json_t *text_of(size_t n)
{
	char *text = xcalloc(n + 1, 1);
	json_t *json;

	memset(text, 'x', n);
	json = json_pack("{s:s}", "email", text);
	free(text);
	return json;
}

static json_t *path_of(size_t parts, const char *name)
{
	json_t *json = json_object();
	char path[2048] = "dataFields";

	while (--parts > 0)
		snprintf(path + strlen(path), sizeof(path) - strlen(path),
			 ".%s", name);
	json_object_set_new(json, path, json_true());
	return json;
}

static json_t *deep_value(size_t depth)
{
	json_t *json = json_array();

	while (depth-- > 0)
		json = json_pack("[o]", json);
	return json_pack("{s:o}", "email", json);
}

static void test_limits(void **state)
{
	(void)state;
	assert_taken(nested(FILTER_DEPTH_MAX));
	assert_fault(nested(FILTER_DEPTH_MAX + 1), "8 levels");
	assert_taken(list(FILTER_LIST_MAX));
	assert_fault(list(FILTER_LIST_MAX + 1), "1 to 1000");
	assert_taken(conditions(FILTER_CONDITIONS_MAX));
	assert_fault(conditions(FILTER_CONDITIONS_MAX + 1), "256 conditions");
	assert_taken(text_of(FILTER_BYTES_MAX - 12));
	assert_fault(text_of(FILTER_BYTES_MAX - 11), "32768 bytes");
	assert_taken(path_of(PATH_PARTS_MAX, "a"));
	assert_fault(path_of(PATH_PARTS_MAX + 1, "a"), "32 names");
	assert_fault(path_of(20, "abcdefghijklmnopqrstuvwxyzabcdefg"),
		     "512 bytes");
	assert_taken(deep_value(FILTER_VALUE_DEPTH_MAX));
	assert_fault(deep_value(FILTER_VALUE_DEPTH_MAX + 1), "32 levels");
}

/* Nothing is known of what is no message. */
static void test_unreadable(void **state)
{
	static const char *const texts[] = {"",
					    "{",
					    "[1]",
					    "1",
					    "{} {}",
					    "{\"email\":1]",
					    "\"email\"",
					    "nul",
					    "{\"email\"}",
					    "{\"email\":1,}",
					    "\xff\xfe"};
	struct document *d = document_new();
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const struct value *v =
		    document_read(d, NULL, slice_of(texts[i]));

		assert_int_equal(v->kind, VALUE_OBJECT);
		assert_null(v->first);
	}
	document_free(&d);
}

static void test_depth(void **state)
{
	char text[2 * DOCUMENT_DEPTH_MAX + 16] = "{\"email\":";
	struct document *d = document_new();
	size_t n = strlen(text), deep = DOCUMENT_DEPTH_MAX - 1;
	(void)state;

	memset(text + n, '[', deep);
	memset(text + n + deep, ']', deep);
	text[n + 2 * deep] = '}';
	assert_non_null(document_read(d, NULL, slice_of(text))->first);
	n = strlen(text);
	memmove(text + 10, text + 9, n - 9);
	text[9] = '[';
	text[n] = ']';
	text[n + 1] = '}';
	assert_null(document_read(d, NULL, slice_of(text))->first);
	document_free(&d);
}

static const struct value *child(const struct value *v, const char *name)
{
	return value_member(v, slice_of(name));
}

/* Only what is asked for is kept. */
static void test_pruned(void **state)
{
	struct document *d = document_new();
	struct wanted *w = wanted_new();
	struct arena arena = {NULL};
	const struct value *v;
	struct path path;
	(void)state;

	assert_null(
	    path_parse(&path, slice_of("dataFields.items.sku"), &arena));
	wanted_add(w, &path);
	assert_null(path_parse(&path, slice_of("dataFields.list.2"), &arena));
	wanted_add(w, &path);
	v = document_read(d, w, slice_of(M));
	assert_null(child(v, "email"));
	v = child(v, "dataFields");
	assert_null(child(v, "n"));
	assert_null(child(v, "o"));
	assert_non_null(child(child(v, "items")->first, "sku"));
	assert_null(child(child(v, "items")->first, "n"));
	assert_int_equal(value_at(child(v, "list"), 2)->kind, VALUE_ARRAY);
	arena_fini(&arena);
	wanted_free(&w);
	document_free(&d);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} cases[] = {
	    {"0", "-0", 0},
	    {"0", "-0.0", 0},
	    {"9223372036854775807", "9223372036854775808", -1},
	    {"9223372036854775807", "9223372036854775807.0", -1},
	    {"-9223372036854775808", "-9223372036854775808.0", 0},
	    {"-9223372036854775808", "-9223372036854775809", 0}, /* 2^63 */
	    {"-9223372036854775808", "-1e19", 1},
	    {"9007199254740993", "9007199254740993.5", -1},
	    {"9007199254740992", "9007199254740993", -1},
	    {"1e400", "1e308", 1},
	    {"-0.5", "0", -1},
	    {"0.5", "0", 1},
	    {"-1", "-1.5", 1},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct value a = {0}, b = {0};
		int order = 9, back = 9;

		value_set_number(&a, slice_of(cases[i].a));
		value_set_number(&b, slice_of(cases[i].b));
		assert_true(value_order(&a, &b, &order));
		assert_true(value_order(&b, &a, &back));
		if (order != cases[i].order || back != -order ||
		    value_equal(&a, &b) != (order == 0))
			fail_msg("%s %s: %d", cases[i].a, cases[i].b, order);
		if (order == 0)
			assert_true(value_hash(&a) == value_hash(&b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_holds),   cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_limits),  cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_depth),   cmocka_unit_test(test_pruned),
	    cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
