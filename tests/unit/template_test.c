/*
 * template_test - what templates print, and what is wrong with some.
 * SPDX-License-Identifier: Apache-2.0
 *
 * JSON is written with ' for ". tests/system/test_templates.py compares many
 * more of them with npm handlebars.
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
#include "template/template.h"

#define OUT_MAX 65536
#define HTML TEMPLATE_HTML
#define JSON TEMPLATE_JSON
#define TEXT TEMPLATE_TEXT

static const struct row {
	const char *template, *json;
	enum template_mode mode;
	const char *want; /* NULL: it fails */
} rows[] = {
    {"", "{}", TEXT, ""},
    {"plain } text", "{}", TEXT, "plain } text"},
    {"{{a}} {{a.b}} {{a/b}} {{c.[0]}} {{c.1}}", "{'a':{'b':1},'c':[5,6]}", TEXT,
     "[object Object] 1 1 5 6"},
    {"{{[two words]}}{{this.a}}{{./a}}", "{'two words':1,'a':2}", TEXT, "122"},
    {"{{a.length}} {{b.length}}", "{'a':[1,2],'b':'h\xc3\xa9\xf0\x9f\x98\x80'}",
     TEXT, "2 4"},
    {"{{__proto__}}{{constructor}}{{a.toString}}", "{'a':{}}", TEXT, ""},
    {"{{__proto__}}", "{'__proto__':1}", TEXT, "1"},
    {"\\{{a}} \\\\{{a}}", "{'a':1}", TEXT, "{{a}} \\1"},
    {"{{! c }}{{!-- }} --}}x", "{}", TEXT, "x"},
    {" a {{~b~}} c ", "{'b':1}", TEXT, " a1c "},
    {"{{{{raw}}}} {{a}} {{{{/raw}}}}", "{'a':1}", TEXT, " {{a}} "},
    {"{\"a\":{{a}}}", "{'a':1}", JSON, "{\"a\":1}"},
    /* Numbers stay as they were spelled. */
    {"{{a}} {{b}}", "{'a':1.50,'b':12345678901234567890}", TEXT,
     "1.50 12345678901234567890"},
    /* Blocks. */
    {"{{#if a}}x{{else if b}}y{{else}}z{{/if}}", "{'b':1}", TEXT, "y"},
    {"{{#if a}}x{{else}}z{{/if}}", "{'a':[]}", TEXT, "z"},
    {"{{#if a includeZero=true}}x{{/if}}", "{'a':0}", TEXT, "x"},
    {"{{#unless a}}x{{/unless}}", "{}", TEXT, "x"},
    {"{{#each a}}{{@index}}{{@first}}{{@last}}{{this}};{{/each}}",
     "{'a':['p','q']}", TEXT, "0truefalsep;1falsetrueq;"},
    {"{{#each a as |v k|}}{{k}}={{v}};{{else}}none{{/each}}",
     "{'a':{'p':1,'q':2}}", TEXT, "p=1;q=2;"},
    {"{{#each a}}x{{else}}none{{/each}}", "{}", TEXT, "none"},
    {"{{#each a}}{{#each this}}{{@../index}}{{@index}} {{/each}}{{/each}}",
     "{'a':[[1],[1,1]]}", TEXT, "00 10 11 "},
    {"{{#with a as |x|}}{{b}}{{x.b}}{{../c}}{{@root.c}}{{/with}}",
     "{'a':{'b':1},'c':2}", TEXT, "1122"},
    {"{{#a}}{{.}}{{/a}}{{^b}}no{{/b}}", "{'a':[1,2]}", TEXT, "12no"},
    {"{{#a}}{{b}}{{/a}}{{#c}}{{d}}{{/c}}", "{'a':{'b':1},'c':true,'d':2}", TEXT,
     "12"},
    {"a\n  {{#if a}}\n  b\n  {{/if}}\nc", "{'a':1}", TEXT, "a\n  b\nc"},
    {"{{lookup a 'x'}}{{lookup c 1}}{{#if (lookup a 'n')}}{{/if}}",
     "{'a':{'x':1},'c':[0,2]}", TEXT, "12"},
    /* Helpers, and what has their name. */
    {"{{upper a}}{{this.upper}}{{#each u as |upper|}}{{upper}}{{/each}}",
     "{'a':'x','upper':'y','u':['z']}", TEXT, "Xyz"},
    {"{{#upper}}a{{b}}{{/upper}}", "{'b':'c'}", TEXT, "AC"},
    {"{{#eq a 1}}y{{else}}n{{/eq}}{{#if (eq a 2)}}y{{else}}n{{/if}}", "{'a':1}",
     TEXT, "yn"},
    {"{{default a 'none'}}", "{}", TEXT, "none"},
    {"{{log a}}x", "{}", TEXT, "x"},
    /* Partials. */
    {"{{#*inline 'p'}}[{{a}}]{{/inline}}{{> p}}{{> p b}}{{> p a=3}}",
     "{'a':1,'b':{'a':2}}", TEXT, "[1][2][3]"},
    {"{{#*inline 'p'}}<{{> @partial-block}}>{{/inline}}{{#> p}}{{a}}{{/p}}",
     "{'a':1}", TEXT, "<1>"},
    {"{{#> nobody}}instead{{/nobody}}", "{}", TEXT, "instead"},
    {"{{#*inline 'p'}}x\ny\n{{/inline}}\n  {{> p}}\n", "{}", TEXT,
     "  x\n  y\n"},
    {"{{#*inline 'p'}}1{{/inline}}{{> (lookup . 'n')}}", "{'n':'p'}", TEXT,
     "1"},
    {"{{#*inline 'p'}}{{> x}}{{/inline}}"
     "{{#> p}}{{#*inline 'x'}}in{{/inline}}{{/p}}",
     "{}", TEXT, "in"},
    {"{{> nobody}}", "{}", TEXT, NULL},
    {"{{#*inline 'p'}}{{> p}}{{/inline}}{{> p}}", "{}", TEXT, NULL},
    /* Escaped for where it stands. */
    {"{{a}} {{{a}}} {{&a}}", "{'a':'<&`=>'}", HTML,
     "&lt;&amp;&#x60;&#x3D;&gt; <&`=> <&`=>"},
    {"\"{{a}}\"", "{'a':'q\\\"\\\\\\n\\u0001/'}", JSON,
     "\"q\\\"\\\\\\n\\u0001/\""},
    {"\"{{a}}\"", "{'a':'\xff-\xed\xa0\x80'}", JSON,
     "\"\xef\xbf\xbd-\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"{\"a\":{{a}},\"b\":\"{{a}}\",\"c\\\"\":{{l}}}",
     "{'a':{'x':'y'},'l':[1,null]}", JSON,
     "{\"a\":{\"x\":\"y\"},\"b\":\"{\\\"x\\\":\\\"y\\\"}\",\"c\\\"\":[1,"
     "null]}"},
    {"{\"a\":{{#if x}}\"{{{a}}}{{else}}{{a}}{{/if}}}", "{'a':[1]}", JSON,
     "{\"a\":[1]}"},
    {"{{a}}", "{'a':'a b/\xc3\xbc~+'}", TEMPLATE_URL, "a%20b%2F%C3%BC~%2B"},
    {"{{a}}", "{'a':'a b/&'}", TEMPLATE_FORM, "a+b%2F%26"},
    {"x-{{a}}", "{'a':'b c'}", TEMPLATE_HEADER, "x-b c"},
    {"{{a}}", "{'a':'b\\r\\nX: y'}", TEMPLATE_HEADER, NULL},
    {"{{{a}}}", "{'a':'\\u0000'}", TEMPLATE_HEADER, NULL},
    {"a\nb", "{}", TEMPLATE_HEADER, NULL},
};

static const struct fault_row {
	const char *template;
	size_t line, column;
	const char *text;
} faults[] = {
    {"x{{a", 1, 2, "not closed"},
    {"\n  {{#if a}}x", 2, 3, "{{#if}} is not closed"},
    {"{{#if a}}{{/with}}", 1, 13, "{{/with}} does not close {{#if}}"},
    {"x{{/if}}", 1, 2, "closed that is not open"},
    {"{{else}}", 1, 1, "{{else}} outside"},
    {"\xc3\xbc {{foo a}}", 1, 5, "no helper named foo"},
    {"{{a.b c}}", 1, 3, "no helper named a.b"},
    {"{{#foo a}}{{/foo}}", 1, 4, "no helper named foo"},
    {"{{eq (foo) 1}}", 1, 7, "no helper named foo"},
    {"{{upper a b}}", 1, 1, "upper takes at most 1"},
    {"{{lookup a}}", 1, 1, "lookup takes 2"},
    {"{{#if}}{{/if}}", 1, 1, "#if takes 1 argument"},
    {"{{if a}}", 1, 1, "if is a block"},
    {"{{#default a}}{{/default}}", 1, 1, "default is no block"},
    {"{{#if a as |b|}}{{/if}}", 1, 1, "no block parameters"},
    {"{{#upper}}{{else}}{{/upper}}", 1, 1, "no {{else}}"},
    {"{{a/}}", 1, 5, "a name is expected"},
    {"{{a/../b}}", 1, 5, "front of a path"},
    {"{{@level}}", 1, 3, "no @level"},
    {"{{a \"b}}", 1, 5, "a string is not closed"},
    {"{{{a}}", 1, 5, "means nothing"},
    {"{{a {{b}} }}", 1, 5, "inside of another"},
    {"{{!-- a }}", 1, 1, "comment is not closed"},
    {"{{{{raw}}}} x", 1, 12, "raw block is not closed"},
    {"{{* a}}", 1, 1, "no decorators"},
    {"{{#*other 'a'}}{{/other}}", 1, 1, "no decorator named other"},
    {"{{#*inline a}}{{/inline}}", 1, 1, "a string for a name"},
    {"{{#> p}}{{else}}{{/p}}", 1, 9, "no such {{else}}"},
    {"{{> p a b}}", 1, 1, "one context"},
    {"{{#each a}}{{#each b as ||}}{{/each}}{{/each}}", 1, 26, "without a name"},
};

static char *quoted(const char *json)
{
	char *copy = xstrdup(json);

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	return copy;
}

/* False: it failed, and the fault says why. */
static bool render(struct template_render *r, const struct row *row,
		   bool fail_on_missing, struct buf *out,
		   struct template_fault *fault)
{
	struct template *t =
	    template_compile(slice_of(row->template), row->mode, fault);
	struct document *d = document_new();
	char *json = quoted(row->json);
	struct template_input in = {.fail_on_missing = fail_on_missing};
	bool ok;

	if (!t)
		fail_msg("%s: %s", row->template, fault->text);
	in.root = document_read(d, NULL, slice_of(json));
	ok = template_render(r, t, &in, out, fault);
	template_free(&t);
	document_free(&d);
	free(json);
	return ok;
}

static void test_render(void **state)
{
	struct template_render *r = template_render_new(NULL);
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct template_fault fault;
		struct buf out;
		bool ok;

		buf_init(&out, OUT_MAX);
		ok = render(r, &rows[i], false, &out, &fault);
		if (ok != (rows[i].want != NULL) ||
		    (ok && !slice_eq_str(buf_slice(&out), rows[i].want)))
			fail_msg("%s: \"%.*s\" %s", rows[i].template,
				 SLICE_FMT(buf_slice(&out)), fault.text);
		assert_true(ok || out.n == 0);
		buf_fini(&out);
	}
	template_render_free(&r);
}

static void test_faults(void **state)
{
	size_t wrong = 0;
	(void)state;

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		const struct fault_row *row = &faults[i];
		struct template_fault f;
		struct template *t =
		    template_compile(slice_of(row->template), TEXT, &f);

		if (t || f.line != row->line || f.column != row->column ||
		    !strstr(f.text, row->text)) {
			print_error("%s: %zu:%zu %s\n", row->template, f.line,
				    f.column, t ? "taken" : f.text);
			wrong++;
		}
		template_free(&t);
	}
	assert_int_equal(wrong, 0);
}

/* Only what is printed has to be there. */
static void test_missing(void **state)
{
	static const struct {
		struct row row;
		const char *fault; /* NULL: it is fine */
	} cases[] = {
	    {{"{{a.b}}", "{'a':{}}", TEXT, NULL}, "a.b is missing"},
	    {{"{{{a}}}", "{}", TEXT, NULL}, "a is missing"},
	    {{"{{#each l as |x|}}{{x.y}}{{/each}}", "{'l':[1]}", TEXT, NULL},
	     "x.y is missing"},
	    {{"{{a}}", "{'a':null}", TEXT, NULL}, NULL},
	    {{"{{#if a}}{{/if}}{{#each a}}{{/each}}{{#a}}{{/a}}", "{}", TEXT,
	      NULL},
	     NULL},
	    {{"{{default a 'b'}}{{lookup a 'b'}}", "{}", TEXT, NULL}, NULL},
	};
	struct template_render *r = template_render_new(NULL);
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct template_fault fault;
		struct buf out;
		bool ok;

		buf_init(&out, OUT_MAX);
		ok = render(r, &cases[i].row, true, &out, &fault);
		assert_int_equal(ok, cases[i].fault == NULL);
		if (!ok)
			assert_non_null(strstr(fault.text, cases[i].fault));
		buf_fini(&out);
	}
	template_render_free(&r);
}

static void expect_fault(const struct template_limits *limits,
			 const struct row *row, size_t out_max,
			 const char *text)
{
	struct template_render *r = template_render_new(limits);
	struct template_fault fault = {0};
	struct buf out;

	buf_init(&out, out_max);
	if (render(r, row, false, &out, &fault) || !strstr(fault.text, text))
		fail_msg("%s: %s", row->template, fault.text);
	assert_int_equal(out.n, 0);
	buf_fini(&out);
	template_render_free(&r);
}

#define LOOP(body) "{{#each l}}{{#each @root.l}}" body "{{/each}}{{/each}}"
#define LIST "{'s':'0123456789','l':[1,2,3,4,5,6,7,8,9,10]}"

static void test_limits(void **state)
{
	const struct template_limits few = {.steps_max = 50};
	const struct template_limits small = {.memory_bytes_max = 2000};
	(void)state;

	expect_fault(&few, &(struct row){LOOP(""), LIST, TEXT, NULL}, OUT_MAX,
		     "more than 50 steps");
	expect_fault(
	    &small,
	    &(struct row){LOOP("{{log (upper @root.s)}}"), LIST, TEXT, NULL},
	    OUT_MAX, "of memory");
	expect_fault(NULL, &(struct row){LOOP("{{@root.s}}"), LIST, TEXT, NULL},
		     100, "more than 100 bytes");
}

/* A source: n times a text, what is in it, n times another, within more. */
static const struct size_row {
	const char *front, *open, *inner, *close, *back;
	size_t n;
	const char *fault; /* NULL: it is taken */
} sizes[] = {
    {"", "{{#if a}}", "", "{{/if}}", "", 64, NULL},
    {"", "{{#if a}}", "", "{{/if}}", "", 65, "64 deep"},
    {"", "{{#a}}", "", "", "", 40000, "64 deep"},
    {"{{#a}}{{/a}}", "{{^a}}", "", "", "", 40000, "64 deep"},
    {"", "{{#> a}}", "", "", "", 30000, "64 deep"},
    {"{{eq a ", "(eq a ", "b", ")", "}}", 64, NULL},
    {"{{eq a ", "(eq a ", "b", ")", "}}", 65, "64 deep"},
    {"{{eq a ", "(eq a ", "b", "", "}}", 40000, "64 deep"},
    {"{{or", " a", "", "", "}}", 64, NULL},
    {"{{or", " a", "", "", "}}", 65, "64 arguments"},
    {"{{or", " a=b", "", "", "}}", 65, "64 options"},
    {"{{a", ".b", "", "", "}}", 63, NULL},
    {"{{a", ".b", "", "", "}}", 64, "64 names"},
    {"{{#if a}}", "{{else if b}}c", "", "", "{{/if}}", 500, NULL},
    {"{{#if a}}", "{{else if b}}c", "", "", "{{/if}}", 600, "in a row"},
    {"", "x", "", "", "", TEMPLATE_SOURCE_BYTES_MAX, NULL},
    {"x", "x", "", "", "", TEMPLATE_SOURCE_BYTES_MAX, "bytes"},
};

static void test_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct size_row *row = &sizes[i];
		struct template_fault fault;
		struct template *t;
		struct buf b;

		buf_init(&b, TEMPLATE_SOURCE_BYTES_MAX * 2);
		buf_append_str(&b, row->front);
		for (size_t n = 0; n < row->n; n++)
			buf_append_str(&b, row->open);
		buf_append_str(&b, row->inner);
		for (size_t n = 0; n < row->n; n++)
			buf_append_str(&b, row->close);
		buf_append_str(&b, row->back);
		t = template_compile(buf_slice(&b), TEXT, &fault);
		if (row->fault ? t || !strstr(fault.text, row->fault) : !t)
			fail_msg("%s %zu: %s", row->open, row->n, fault.text);
		template_free(&t);
		buf_fini(&b);
	}
}

static void test_constant(void **state)
{
	struct template_fault fault;
	struct template *t =
	    template_compile(SLICE_LIT("a{{! b }}"), TEXT, &fault);
	(void)state;

	assert_true(template_is_constant(t));
	template_free(&t);
	t = template_compile(SLICE_LIT("a{{b}}"), TEXT, &fault);
	assert_false(template_is_constant(t));
	template_free(&t);
	assert_null(template_compile(slice_bytes("a\0b", 3), TEXT, &fault));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_render),  cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_missing), cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_sizes),   cmocka_unit_test(test_constant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
