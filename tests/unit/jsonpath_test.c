/*
 * jsonpath_test - what paths lead to, which are none, and where queries end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "filter/document.h"
#include "filter/value_print.h"
#include "jsonpath/jsonpath.h"
#include "jsonpath_cases.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OUT_MAX 1000000

static struct jsonpath *compile(const char *text)
{
	struct jsonpath_fault fault;
	struct jsonpath *p = jsonpath_compile(slice_of(text), &fault);

	if (!p)
		fail_msg("%s: at %zu: %s", text, fault.position, fault.text);
	return p;
}

/* As a JSON array; "limit" at one. */
static void print_all(const struct jsonpath *p, const struct value *root,
		      struct buf *out)
{
	struct arena arena = {0};
	struct jsonpath_nodes nodes;

	if (jsonpath_all(p, root, &arena, &nodes) == JSONPATH_LIMIT) {
		buf_append_str(out, "limit");
	} else {
		buf_append_char(out, '[');
		for (size_t i = 0; i < nodes.n; i++) {
			if (i > 0)
				buf_append_char(out, ',');
			value_print(nodes.list[i], out);
		}
		buf_append_char(out, ']');
	}
	arena_fini(&arena);
}

static void check(const char *document, const char *path, const char *want)
{
	struct document *d = document_new();
	const struct value *root = document_read_any(d, slice_of(document));
	struct jsonpath *p = compile(path);
	struct buf out;

	buf_init(&out, OUT_MAX);
	if (!root)
		fail_msg("no document: %s", document);
	print_all(p, root, &out);
	if (!slice_eq_str(buf_slice(&out), want))
		fail_msg("%s: %.*s, not %s", path, SLICE_FMT(buf_slice(&out)),
			 want);
	buf_fini(&out);
	jsonpath_free(&p);
	document_free(&d);
}

static void test_nodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(cases[i].document, cases[i].path, cases[i].nodes);
}

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct jsonpath_fault fault = {0};
		struct jsonpath *p =
		    jsonpath_compile(slice_of(faults[i]), &fault);

		if (p)
			fail_msg("taken: %s", faults[i]);
		assert_non_null(fault.text);
		assert_in_range(fault.position, 1, strlen(faults[i]) + 1);
	}
}

static void test_fault_position(void **state)
{
	static const struct {
		const char *path;
		size_t position;
		const char *text;
	} places[] = {
	    {"a", 1, "a path starts with $"},
	    {"$.a.", 5, "a name is missing"},
	    {"$[01]", 3, "a number has a zero in front"},
	    {"$[-0]", 3, "-0 is no index"},
	    {"$[?@.a == @.*]", 11, "only single values can be compared"},
	    {"$[?length(@.*) > 1]", 11,
	     "the function wants a single value here"},
	    {"$[?count(1) > 1]", 10, "the function wants a path here"},
	    {"$['abc", 7, "the string does not end"},
	    {"$.a ", 4, "a segment is missing"},
	    {"\xff", 1, "the path is no UTF-8"},
	};
	struct jsonpath_fault fault;

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		assert_null(jsonpath_compile(slice_of(places[i].path), &fault));
		assert_string_equal(fault.text, places[i].text);
		assert_int_equal(fault.position, places[i].position);
	}
}

/* "$[?((( … @ … )))]" */
static bool nested(size_t depth)
{
	char text[JSONPATH_TEXT_MAX];
	struct jsonpath_fault fault;
	struct jsonpath *p;
	size_t n = 0;
	bool taken;

	text[n++] = '$';
	text[n++] = '[';
	text[n++] = '?';
	memset(text + n, '(', depth);
	n += depth;
	text[n++] = '@';
	memset(text + n, ')', depth);
	n += depth;
	text[n++] = ']';
	p = jsonpath_compile(slice_bytes(text, n), &fault);
	taken = p != NULL;
	jsonpath_free(&p);
	return taken;
}

static void test_text_limits(void **state)
{
	char text[JSONPATH_TEXT_MAX + 1];
	struct jsonpath_fault fault;
	struct jsonpath *p;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '$';
	text[1] = '.';
	p = jsonpath_compile(slice_bytes(text, JSONPATH_TEXT_MAX), &fault);
	assert_non_null(p);
	jsonpath_free(&p);
	assert_null(jsonpath_compile(slice_bytes(text, sizeof(text)), &fault));
	assert_string_equal(fault.text, "the path is too long");
	/* The filter itself is the first level. */
	assert_true(nested(JSONPATH_NESTING_MAX - 1));
	assert_false(nested(JSONPATH_NESTING_MAX));
	assert_null(jsonpath_compile(SLICE_LIT("$\0.a"), &fault));
}

static void test_singular(void **state)
{
	static const char *const one[] = {"$", "$.a[0]['b']", "$[-1]"};
	static const char *const more[] = {"$.*", "$..a", "$[0,1]", "$[0:1]",
					   "$[?@.a]"};
	struct jsonpath *p;

	(void)state;
	for (size_t i = 0; i < COUNT(one); i++) {
		p = compile(one[i]);
		assert_true(jsonpath_is_singular(p));
		jsonpath_free(&p);
	}
	for (size_t i = 0; i < COUNT(more); i++) {
		p = compile(more[i]);
		assert_false(jsonpath_is_singular(p));
		jsonpath_free(&p);
	}
}

static void test_one(void **state)
{
	static const struct {
		const char *path;
		enum jsonpath_found found;
	} all[] = {{"$.a", JSONPATH_ONE},	  {"$.c", JSONPATH_NONE},
		   {"$.*", JSONPATH_MANY},	  {"$[?@==2]", JSONPATH_ONE},
		   {"$['a','a']", JSONPATH_MANY}, {"$[?@==3]", JSONPATH_NONE}};
	struct document *d = document_new();
	const struct value *root =
	    document_read_any(d, SLICE_LIT("{\"a\":1,\"b\":2}"));
	struct arena arena = {0};
	const struct value *v;

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct jsonpath *p = compile(all[i].path);

		assert_int_equal(jsonpath_one(p, root, &arena, &v),
				 all[i].found);
		assert_int_equal(v != NULL, all[i].found == JSONPATH_ONE);
		jsonpath_free(&p);
	}
	arena_fini(&arena);
	document_free(&d);
}

/* [text,text,…] */
static char *array_of(const char *text, size_t n)
{
	struct buf b;

	buf_init(&b, 10 * OUT_MAX);
	for (size_t i = 0; i < n; i++) {
		buf_append_char(&b, i == 0 ? '[' : ',');
		buf_append_str(&b, text);
	}
	buf_append(&b, "]", 2);
	return buf_take(&b, &n);
}

static void check_limit(const char *element, size_t n, const char *path)
{
	char *document = array_of(element, n);

	check(document, path, "limit");
	free(document);
}

static void test_query_limits(void **state)
{
	char *text;

	(void)state;
	check_limit("0", JSONPATH_NODES_MAX + 1, "$[*]");
	check_limit("0", 500, "$[?count($[?@ == 1]) == 1]");
	check_limit("0", 1000, "$[?@ == $[999]]");
	check_limit("[[[[[0]]]]]", 200, "$..[*,*,*,*]..[*,*,*,*]");
	/* What would take for ever; a b is there, so PCRE2 has to try. */
	check_limit("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabc\"", 1,
		    "$[?match(@, '(a|aa)+b')]");
	/* Far from each of many places, and nothing there. */
	text = array_of("a", 30000);
	memset(text + 1, 'a', strlen(text) - 2);
	text[0] = text[strlen(text) - 1] = '"';
	check_limit(text, 1, "$[?search(@, '[a-z]*[0-9]')]");
	free(text);
	check("[\"aaa\"]", "$[?match(@, 'a{3,1000}')]", "[\"aaa\"]");
	check("[\"aaa\"]", "$[?match(@, 'a{3,1001}')]", "[]");
	text = array_of("0", 100);
	check(text, "$[?@ == 1]", "[]");
	free(text);
}

static void test_any_document(void **state)
{
	static const char *const good[] = {"1",	 " -1.5e3 ", "null",   "\"a\"",
					   "[]", "{}",	     "true\n", "[[1]]"};
	static const char *const bad[] = {
	    "",	    " ",   "1 2",  "[] []", "{}x", "[",	       "nul",  "01",
	    "[1,]", "\"a", "// 1", "'a'",   "NaN", "\"\xff\"", "{a:1}"};
	struct document *d = document_new();
	char deep[2 * DOCUMENT_DEPTH_MAX + 2];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_non_null(document_read_any(d, slice_of(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (document_read_any(d, slice_of(bad[i])))
			fail_msg("taken: %s", bad[i]);
	memset(deep, '[', sizeof(deep));
	memset(deep + DOCUMENT_DEPTH_MAX, ']', DOCUMENT_DEPTH_MAX);
	assert_non_null(document_read_any(
	    d, slice_bytes(deep, (size_t)2 * DOCUMENT_DEPTH_MAX)));
	memset(deep, '[', sizeof(deep) / 2);
	memset(deep + sizeof(deep) / 2, ']', sizeof(deep) / 2);
	assert_null(document_read_any(d, slice_bytes(deep, sizeof(deep))));
	/* An object is still what a message has to be. */
	assert_null(document_read(d, NULL, SLICE_LIT("[1]"))->first);
	document_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nodes),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_fault_position),
	    cmocka_unit_test(test_text_limits),
	    cmocka_unit_test(test_singular),
	    cmocka_unit_test(test_one),
	    cmocka_unit_test(test_query_limits),
	    cmocka_unit_test(test_any_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
