/*
 * journey_inject_test - no value of a call changes more than its place.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every value is put into every position, and what came out is read as its
 * receiver would read it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "journey_world.h"

/* As they stand in the JSON of the call. */
static const char *const values[] = {
    "\\\"",
    "\\\",\\\"admin\\\":true,\\\"x\\\":\\\"",
    "\\\\",
    "\\\\\\\"",
    "a\\nb",
    "\\r\\nX-Evil: 1",
    "\\r\\n\\r\\nGET / HTTP/1.1",
    "\\u0000",
    "a\\u0000b",
    "\\u0001\\u001f\\u007f",
    "\\u0085\\u2028\\u2029",
    "}}",
    "{{userId}}",
    "{{{userId}}}",
    "{{#if x}}",
    "../../etc/passwd",
    "..",
    ".",
    "%2e%2e",
    "%2e%2e%2f",
    "..%2f..",
    "/../x",
    "@evil.example",
    "@evil.example/",
    "//evil.example/",
    "https://evil.example/",
    "\\\\\\\\evil.example\\\\",
    ":8080",
    "?a=1&b=2",
    "#fragment",
    "&x=1;y=2",
    "%0d%0a",
    "%0d%0aX-Evil:%201",
    "%00",
    "</script><script>alert(1)</script>",
    "' onload='x",
    "&amp;",
    "\\ud800",
    "\\udc00x",
    "a\\ud800\\ud800",
    "\\ud83d\\ude00",
    "\xc3\xa9\xe2\x82\xac",
    "\\t",
    " ",
    "",
};
#define VALUES (sizeof(values) / sizeof(values[0]))

static bool render(struct world *w, const char *members, const char *value,
		   const char *params)
{
	char *call =
	    xasprintf("{\"userId\":\"u-1\",\"event\":{\"v\":\"%s\"}}", value);
	bool ok;

	world_init(w, members);
	ok = world_render(w, call, params, NULL);
	free(call);
	return ok;
}

/* The value as text; NULL: jansson does not take it (a lone surrogate). */
static json_t *plain(const char *value)
{
	char *text = xasprintf("\"%s\"", value);
	json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	free(text);
	return json;
}

/* --- in a JSON body ------------------------------------------------------- */

static void check_json(const char *members, const char *value)
{
	json_t *body, *want = plain(value);
	struct world w;

	assert_true(render(&w, members, value, NULL));
	body = json_loadb(w.request.body.p, w.request.body.n, JSON_ALLOW_NUL,
			  NULL);
	if (!body || json_object_size(body) != 2 ||
	    !json_is_true(json_object_get(body, "end")) ||
	    (want && !json_equal(json_object_get(body, "v"), want)))
		fail_msg("%s: %.*s", value, SLICE_FMT(w.request.body));
	json_decref(body);
	json_decref(want);
	world_fini(&w);
}

static void test_json_body(void **state)
{
	(void)state;
	for (size_t i = 0; i < VALUES; i++) {
		check_json("\"body\":\"{\\\"v\\\":\\\"{{event.v}}\\\","
			   "\\\"end\\\":true}\"",
			   values[i]);
		check_json("\"body\":\"{\\\"v\\\":{{json event.v}},"
			   "\\\"end\\\":true}\"",
			   values[i]);
	}
}

static void test_default_body(void **state)
{
	(void)state;
	for (size_t i = 0; i < VALUES; i++) {
		json_t *want = plain(values[i]), *body, *event;
		struct world w;

		assert_true(render(&w, "", values[i], NULL));
		body = json_loadb(w.request.body.p, w.request.body.n,
				  JSON_ALLOW_NUL, NULL);
		event = json_object_get(body, "event");
		if (json_object_size(body) != 3 ||
		    json_object_size(event) != 1 ||
		    (want && !json_equal(json_object_get(event, "v"), want)))
			fail_msg("%s: %.*s", values[i],
				 SLICE_FMT(w.request.body));
		json_decref(body);
		json_decref(want);
		world_fini(&w);
	}
}

/* --- in what is made of letters, %XX and a few marks ---------------------- */

/* Reads one encoded value back; nothing else is in it. */
static void check_encoded(const char *value, struct slice got)
{
	json_t *want = plain(value);
	struct buf out;

	buf_init(&out, 1024);
	for (size_t i = 0; i < got.n; i++) {
		char c = got.p[i];

		if (c == '%' && i + 2 < got.n) {
			buf_append_char(&out,
					(char)(hex_value(got.p[i + 1]) * 16 +
					       hex_value(got.p[i + 2])));
			i += 2;
			continue;
		}
		if (strchr("%&=#?/ \"'<>\\@:;", c) || (unsigned char)c < 0x20)
			fail_msg("%s: %.*s", value, SLICE_FMT(got));
		buf_append_char(&out, c == '+' ? ' ' : c);
	}
	if (want &&
	    !slice_eq(buf_slice(&out), slice_bytes(json_string_value(want),
						   json_string_length(want))))
		fail_msg("%s: %.*s", value, SLICE_FMT(got));
	json_decref(want);
	buf_fini(&out);
}

/* What stands between two literal texts. */
static void check_between(const char *value, struct slice got,
			  const char *before, const char *after)
{
	size_t b = strlen(before), a = strlen(after);

	if (got.n < a + b || memcmp(got.p, before, b) != 0 ||
	    memcmp(got.p + got.n - a, after, a) != 0)
		fail_msg("%s: %.*s", value, SLICE_FMT(got));
	check_encoded(value, slice_bytes(got.p + b, got.n - a - b));
}

static bool climbs(const char *value)
{
	return !strcmp(value, ".") || !strcmp(value, "..");
}

static void test_url(void **state)
{
	(void)state;
	for (size_t i = 0; i < VALUES; i++) {
		struct world w;
		bool ok = render(&w,
				 "\"url\":\"https://a.example/p/{{event.v}}/"
				 "q?r=1\"",
				 values[i], NULL);

		if (ok == climbs(values[i]))
			fail_msg("%s: %s", values[i],
				 ok ? w.request.url : w.fault.text);
		if (ok)
			check_between(values[i], slice_of(w.request.url),
				      "https://a.example/p/", "/q?r=1");
		else
			assert_non_null(strstr(w.fault.text, "climbs"));
		world_fini(&w);
		assert_true(render(&w,
				   "\"url\":\"https://a.example/"
				   "?r={{event.v}}&s=1\"",
				   values[i], NULL));
		check_between(values[i], slice_of(w.request.url),
			      "https://a.example/?r=", "&s=1");
		world_fini(&w);
	}
}

/* Without escaping a value may make another path or query of it, but no other
 * address, and nothing that ends the request's first line. */
static void test_raw_url(void **state)
{
	(void)state;
	for (size_t i = 0; i < VALUES; i++) {
		struct url_parts at;
		struct world w;

		if (render(&w, "\"url\":\"https://a.example/{{{event.v}}}/x\"",
			   values[i], NULL)) {
			assert_null(url_parse(target_rules_any(false),
					      slice_of(w.request.url),
					      JOURNEY_URL_BYTES_MAX, &at));
			assert_true(slice_eq_str(at.host, "a.example"));
			assert_int_equal(at.port, 443);
			if (strstr(values[i], "../"))
				fail_msg("%s: %s", values[i], w.request.url);
		} else {
			assert_string_equal(w.fault.field, "url");
		}
		world_fini(&w);
	}
}

static void test_params(void **state)
{
	(void)state;
	for (size_t i = 0; i < VALUES; i++) {
		char *named = xasprintf("{\"%s\":\"1\"}", values[i]);
		struct world w;

		assert_true(
		    render(&w, "", values[i], "{\"p\":\"{{event.v}}\"}"));
		check_between(values[i], slice_of(w.request.url),
			      "https://a.example/hook?p=", "");
		world_fini(&w);
		assert_true(
		    render(&w, "", values[i], "{\"p\":\"{{{event.v}}}\"}"));
		check_between(values[i], slice_of(w.request.url),
			      "https://a.example/hook?p=", "");
		world_fini(&w);
		assert_true(render(&w, "", "", named));
		check_between(values[i], slice_of(w.request.url),
			      "https://a.example/hook?", "=1");
		world_fini(&w);
		free(named);
	}
}

static void test_forms(void **state)
{
	static const char type[] =
	    "\"contentType\":\"application/x-www-form-urlencoded\"";
	(void)state;

	for (size_t i = 0; i < VALUES; i++) {
		char *members =
		    xasprintf("%s,\"body\":\"a={{event.v}}&b=1\"", type);
		struct world w;

		assert_true(render(&w, members, values[i], NULL));
		check_between(values[i], w.request.body, "a=", "&b=1");
		world_fini(&w);
		assert_true(render(&w, type, values[i], NULL));
		check_between(values[i], w.request.body,
			      "userId=u-1&event.v=", "");
		world_fini(&w);
		free(members);
	}
}

/* --- in headers ----------------------------------------------------------- */

static bool has_control(const json_t *text)
{
	const unsigned char *p = (const unsigned char *)json_string_value(text);

	for (size_t i = 0; i < json_string_length(text); i++)
		if ((p[i] < 0x20 && p[i] != '\t') || p[i] == 0x7f)
			return true;
	return false;
}

static void check_header(const char *members, const char *value)
{
	json_t *want = plain(value);
	struct world w;

	if (render(&w, members, value, NULL)) {
		const char *got = w.request.headers[0].value;

		assert_int_equal(w.request.n_headers, 2);
		assert_false(want && has_control(want));
		if (want && strcmp(got, json_string_value(want)) != 0)
			fail_msg("%s: %s", value, got);
		assert_null(strpbrk(got, "\r\n"));
		assert_string_equal(w.request.headers[1].value, "end");
	} else {
		assert_string_equal(w.fault.field, "headers.X-V");
	}
	json_decref(want);
	world_fini(&w);
}

static void test_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < VALUES; i++) {
		check_header("\"headers\":{\"X-V\":\"{{event.v}}\","
			     "\"X-End\":\"end\"}",
			     values[i]);
		check_header("\"headers\":{\"X-V\":\"{{{event.v}}}\","
			     "\"X-End\":\"end\"}",
			     values[i]);
	}
}

/* --- in markup ------------------------------------------------------------ */

static void test_markup(void **state)
{
	(void)state;
	for (size_t i = 0; i < VALUES; i++) {
		static const char before[] = "<p title='", after[] = "'>";
		struct slice body;
		struct world w;

		assert_true(render(&w,
				   "\"contentType\":\"text/html\",\"body\":"
				   "\"<p title='{{event.v}}'>\"",
				   values[i], NULL));
		body = w.request.body;
		assert_true(body.n >= sizeof(before) + sizeof(after) - 2);
		body = slice_bytes(body.p + sizeof(before) - 1,
				   body.n - sizeof(before) - sizeof(after) + 2);
		for (size_t k = 0; k < body.n; k++)
			if (strchr("<>\"'", body.p[k]) && body.p[k])
				fail_msg("%s: %.*s", values[i],
					 SLICE_FMT(body));
		world_fini(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json_body),
	    cmocka_unit_test(test_default_body),
	    cmocka_unit_test(test_url),
	    cmocka_unit_test(test_raw_url),
	    cmocka_unit_test(test_params),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_markup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
