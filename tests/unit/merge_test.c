/*
 * merge_test - URLs with fields of a message in them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "filter/document.h"
#include "filter/merge.h"

#define U "https://a.example"
#define M(fields) "{\"email\":\"e\",\"dataFields\":{" fields "}}"

static const struct render_case {
	const char *url, *message;
	const char *want; /* NULL: it climbs */
} renders[] = {
    {U "/{{a}}", M("\"a\":\"x\""), U "/x"},
    {U "/?c={{a}}&d={{b}}", M("\"a\":1,\"b\":true"), U "/?c=1&d=true"},
    {U "?{{a}}", M("\"a\":\"-._~Az09\""), U "?-._~Az09"},
    {U "/{{a}}{{a}}/{{b}}", M("\"a\":\"x\",\"b\":\"y\""), U "/xx/y"},
    {U "/{{a.b}}", M("\"a\":{\"b\":\"deep\"}"), U "/deep"},
    {U "/{{a.1.b}}", M("\"a\":[0,{\"b\":\"n\"}]"), U "/n"},
    {U "/{{$a-b_c}}", M("\"$a-b_c\":7"), U "/7"},
    /* Numbers as they were written. */
    {U "/{{a}}", M("\"a\":1.50"), U "/1.50"},
    {U "/{{a}}", M("\"a\":1e+5"), U "/1e%2B5"},
    {U "/{{a}}", M("\"a\":-0"), U "/-0"},
    {U "/{{a}}", M("\"a\":123456789012345678901234567890"),
     U "/123456789012345678901234567890"},
    /* Empty. */
    {U "/x{{a}}y", M(""), U "/xy"},
    {U "/x{{a}}y", M("\"a\":null"), U "/xy"},
    {U "/x{{a}}y", M("\"a\":[\"q\"]"), U "/xy"},
    {U "/x{{a}}y", M("\"a\":{\"b\":1}"), U "/xy"},
    {U "/x{{a.b}}y", M("\"a\":[{\"b\":1}]"), U "/xy"},
    {U "/x{{a}}y", M("\"a\":\"\""), U "/xy"},
    {U "/x{{email}}y", M(""), U "/xy"},
    {U "/x{{a}}y", "no JSON", U "/xy"},
    {U "/{{a}}/{{b}}", M(""), U "//"},
    /* Nothing that has a meaning gets through. */
    {U "/{{a}}", M("\"a\":\"b/c?d#e&f=g:h@i\""),
     U "/b%2Fc%3Fd%23e%26f%3Dg%3Ah%40i"},
    {U "/{{a}}", M("\"a\":\"\\r\\nX: y\\u0000z\\t \""),
     U "/%0D%0AX%3A%20y%00z%09%20"},
    {U "/{{a}}", M("\"a\":\"%0d%2e%2e%2f\""), U "/%250d%252e%252e%252f"},
    {U "/{{a}}", M("\"a\":\"{{b}}\",\"b\":1"), U "/%7B%7Bb%7D%7D"},
    {U "/{{a}}", M("\"a\":\"h\\u00e9\xf0\x9f\x98\x80\""),
     U "/h%C3%A9%F0%9F%98%80"},
    {U "/{{a}}", M("\"a\":\"\\ud800\""), U "/%3F"}, /* ingest takes none */
    {U "{{a}}", M("\"a\":\"@evil.example/\""), U "%40evil.example%2F"},
    {U "/{{a}}", M("\"a\":\"//evil.example\""), U "/%2F%2Fevil.example"},
    {U "/{{a}}", M("\"a\":\"\\\\\\\\evil\""), U "/%5C%5Cevil"},
    /* Segments that climb. */
    {U "/a/{{a}}/b", M("\"a\":\"..\""), NULL},
    {U "/a/{{a}}", M("\"a\":\"..\""), NULL},
    {U "/a/{{a}}?q", M("\"a\":\".\""), NULL},
    {U "/a/.{{a}}/b", M("\"a\":\".\""), NULL},
    {U "/a/..{{a}}/b", M("\"a\":\"\""), NULL},
    {U "/a/%2E{{a}}/b", M("\"a\":\".\""), NULL},
    {U "/a/{{a}}{{b}}/b", M("\"a\":\".\",\"b\":\".\""), NULL},
    {U "/a/{{a}}/b", M("\"a\":\"...\""), U "/a/.../b"},
    {U "/a/x{{a}}/b", M("\"a\":\"..\""), U "/a/x../b"},
    {U "/a?b=/{{a}}/", M("\"a\":\"..\""), U "/a?b=/../"},
};

static const struct fault_case {
	const char *url, *text;
} faults[] = {
    {U "/{{a", "not closed"},	    {U "/a}}", "not opened"},
    {U "/}}{{a}}", "not opened"},   {U "/{{a}}}}", "not opened"},
    {U "/{{}}", "1 to 256"},	    {U "/{{{a}}}", "is {{name}}"},
    {U "/{{a{{b}}}}", "{{name}}"},  {U "/{{a b}}", "is {{name}}"},
    {U "/{{a/b}}", "is {{name}}"},  {U "/{{a?b}}", "is {{name}}"},
    {U "/{{#if a}}", "{{name}}"},   {U "/{{a..b}}", "empty name"},
    {U "/{{.a}}", "empty name"},    {U "/{{a.}}", "empty name"},
    {U "/../{{a}}", "segment"},	    {U "/{{a}}/.", "segment"},
    {U "/%2e%2E/{{a}}", "segment"},
};

static void test_render(void **state)
{
	struct document *d = document_new();
	(void)state;

	for (size_t i = 0; i < sizeof(renders) / sizeof(*renders); i++) {
		const struct render_case *c = &renders[i];
		struct merge *m;
		struct buf out;
		bool ok;

		assert_null(merge_compile(slice_of(c->url), &m));
		assert_non_null(m);
		buf_init(&out, 4096);
		ok = merge_render(m, d, slice_of(c->message), &out);
		if (ok != (c->want != NULL) ||
		    (ok && !slice_eq_str(buf_slice(&out), c->want)))
			fail_msg("%s %s: %.*s", c->url, c->message,
				 SLICE_FMT(buf_slice(&out)));
		buf_fini(&out);
		merge_free(&m);
	}
	document_free(&d);
}

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct merge *m;
		const char *text = merge_compile(slice_of(faults[i].url), &m);

		if (!text || !strstr(text, faults[i].text) || m)
			fail_msg("%s: %s", faults[i].url,
				 text ? text : "taken");
	}
}

static void test_without_fields(void **state)
{
	struct merge *m;
	(void)state;

	assert_null(merge_compile(SLICE_LIT(U "/{a}/../b?c={"), &m));
	assert_null(m);
}

/* A long value fills the buffer and goes no further. */
static void test_too_long(void **state)
{
	struct document *d = document_new();
	struct merge *m;
	struct buf out, message;
	(void)state;

	assert_null(merge_compile(SLICE_LIT(U "/{{a}}"), &m));
	buf_init(&message, 1 << 20);
	buf_append_str(&message, "{\"dataFields\":{\"a\":\"");
	while (message.n < 100000)
		buf_append_str(&message, "xxxxxxxxxx");
	buf_append_str(&message, "\"}}");
	buf_init(&out, 8192);
	(void)merge_render(m, d, buf_slice(&message), &out);
	assert_true(buf_full(&out));
	buf_fini(&out);
	buf_fini(&message);
	merge_free(&m);
	document_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_render),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_without_fields),
	    cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
