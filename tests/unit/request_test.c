/*
 * request_test - publish bodies: what is taken, what receivers get of it, and
 * what each refusal says. SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/mem.h"
#include "request.h"

static const struct request_limits limits = {
    .frame_bytes_max = 65536,
    .message_bytes_max = 8192,
    .event_name_bytes_max = 128,
    .events_max = 5,
};

#define FRONT "{\"project\":\"acme\",\"eventName\":\"e\",\"userId\":\"u\","
#define DATA(text) FRONT "\"dataFields\":" text "}"

static int setup(void **state)
{
	*state = request_new(&limits);
	return 0;
}

static int teardown(void **state)
{
	struct request *r = *state;

	request_free(&r);
	return 0;
}

/* The body in a block of its own, so that ASan sees an overrun by one. */
static bool parse(struct request *r, struct slice body, struct slice project,
		  struct fault *fault)
{
	char *copy = xmalloc(body.n ? body.n : 1);
	enum encoding encoding = encoding_of(body);
	bool ok;

	memcpy(copy, body.p, body.n);
	ok = request_parse(r, encoding, slice_bytes(copy, body.n), project,
			   fault);
	free(copy);
	return ok;
}

static bool parse_text(struct request *r, const char *text, struct fault *fault)
{
	return parse(r, slice_of(text), (struct slice){"", 0}, fault);
}

static void assert_body(struct request *r, size_t i, const char *want)
{
	struct slice body = request_at(r, i).body;

	if (!slice_eq_str(body, want))
		fail_msg("got %.*s, not %s", SLICE_FMT(body), want);
}

static void test_all_fields(void **state)
{
	struct request *r = *state;
	struct fault f;
	struct request_event e;

	assert_true(parse_text(
	    r,
	    "{ \"expiresInMs\": 5000, \"dataFields\": { \"b\" : 1.50,"
	    "\"a\":[1e5, {}] }, \"eventName\":\"x\", \"userId\":\"u\","
	    "\"op\":\"event\", \"project\":\"acme\", \"id\":\"k\","
	    "\"orderingKey\":\"o\", \"email\":\"a\\u00e9\\n@b\","
	    "\"createdAt\":\"1970-01-01T00:00:01.500Z\" }",
	    &f));
	assert_int_equal(request_count(r), 1);
	e = request_at(r, 0);
	assert_true(slice_eq_str(e.project, "acme"));
	assert_true(slice_eq_str(e.name, "x"));
	assert_true(slice_eq_str(e.idem, "k"));
	assert_true(slice_eq_str(e.ordering_key, "o"));
	assert_int_equal(e.created_ms, 1500);
	assert_int_equal(e.expires_in_ms, 5000);
	assert_body(r, 0,
		    "{\"email\":\"a\xc3\xa9\\n@b\",\"userId\":\"u\","
		    "\"eventName\":\"x\","
		    "\"dataFields\":{ \"b\" : 1.50,\"a\":[1e5, {}] }}");
}

static void test_least_fields(void **state)
{
	struct request *r = *state;
	struct fault f;

	assert_true(parse_text(r, FRONT "\"op\":\"event\"}", &f));
	assert_body(r, 0, "{\"userId\":\"u\",\"eventName\":\"e\"}");
	assert_int_equal(request_at(r, 0).idem.n, 0);
	assert_int_equal(request_at(r, 0).expires_in_ms, 0);
}

static void test_project_of_the_path(void **state)
{
	static const char body[] = "[{\"eventName\":\"e\",\"email\":\"a\"},"
				   "{\"eventName\":\"e\",\"email\":\"a\","
				   "\"project\":\"acme\"}]";
	struct request *r = *state;
	struct fault f;

	assert_true(parse(r, slice_of(body), SLICE_LIT("acme"), &f));
	assert_true(slice_eq_str(request_at(r, 0).project, "acme"));
	assert_false(parse(r, slice_of(body), SLICE_LIT("beta"), &f));
	assert_int_equal(f.index, 1);
	assert_string_equal(f.field, "project");
}

static const struct refusal {
	const char *body;
	enum fault_code code;
	int64_t index;
	const char *field;
} refusals[] = {
    {"{", FAULT_MALFORMED, -1, ""},
    {"[]", FAULT_INVALID_EVENT, -1, ""},
    {"[1]", FAULT_INVALID_EVENT, 0, ""},
    {"[[]]", FAULT_INVALID_EVENT, 0, ""},
    {DATA("{}") "x", FAULT_MALFORMED, -1, ""},
    {DATA("{\"a\":01}"), FAULT_MALFORMED, -1, ""},
    {DATA("{\"a\":1e999}"), FAULT_INVALID_EVENT, 0, "dataFields.a"},
    {DATA("{\"a\":1,\"a\":1}"), FAULT_INVALID_EVENT, 0, "dataFields.a"},
    {DATA("{\"a\":1,\"\\u0061\":1}"), FAULT_INVALID_EVENT, 0, "dataFields.a"},
    {DATA("{\"a\":[0,{\"b\":{\"c\":0,\"c\":1}}]}"), FAULT_INVALID_EVENT, 0,
     "dataFields.a[1].b.c"},
    {DATA("{\"a\":\"\\ud800\"}"), FAULT_INVALID_EVENT, 0, "dataFields.a"},
    {DATA("{\"a\":\"\\ud800\\u0041\"}"), FAULT_INVALID_EVENT, 0,
     "dataFields.a"},
    {DATA("{\"a\":\"\\udc00\"}"), FAULT_INVALID_EVENT, 0, "dataFields.a"},
    {DATA("{\"a\":\"\xff\"}"), FAULT_INVALID_EVENT, 0, "dataFields.a"},
    {DATA("{\"a\":\"\xc0\x80\"}"), FAULT_INVALID_EVENT, 0, "dataFields.a"},
    {DATA("[]"), FAULT_INVALID_EVENT, 0, "dataFields"},
    {DATA("null"), FAULT_INVALID_EVENT, 0, "dataFields"},
    {FRONT "\"userId\":\"v\"}", FAULT_INVALID_EVENT, 0, "userId"},
    {FRONT "\"email\":\"\"}", FAULT_INVALID_EVENT, 0, "email"},
    {FRONT "\"email\":1}", FAULT_INVALID_EVENT, 0, "email"},
    {FRONT "\"surprise\":1}", FAULT_INVALID_EVENT, 0, "surprise"},
    {FRONT "\"op\":\"journeyCall\"}", FAULT_INVALID_EVENT, 0, "eventName"},
    {FRONT "\"op\":\"journeyExit\"}", FAULT_INVALID_EVENT, 0, "eventName"},
    {FRONT "\"webhook\":\"crm\"}", FAULT_INVALID_EVENT, 0, "webhook"},
    {FRONT "\"pathId\":\"p\"}", FAULT_INVALID_EVENT, 0, "pathId"},
    {FRONT "\"params\":{}}", FAULT_INVALID_EVENT, 0, "params"},
    {FRONT "\"reply\":\"result\"}", FAULT_INVALID_EVENT, 0, "reply"},
    {FRONT "\"op\":\"x\"}", FAULT_INVALID_EVENT, 0, "op"},
    {FRONT "\"expiresInMs\":0}", FAULT_INVALID_EVENT, 0, "expiresInMs"},
    {FRONT "\"expiresInMs\":1.0}", FAULT_INVALID_EVENT, 0, "expiresInMs"},
    {FRONT "\"expiresInMs\":-5}", FAULT_INVALID_EVENT, 0, "expiresInMs"},
    {FRONT "\"expiresInMs\":\"5\"}", FAULT_INVALID_EVENT, 0, "expiresInMs"},
    {FRONT "\"createdAt\":\"now\"}", FAULT_INVALID_EVENT, 0, "createdAt"},
    {"[" DATA("{}") ",{\"project\":\"a\",\"eventName\":\"e\"}]",
     FAULT_INVALID_EVENT, 1, "email"},
    {"{\"project\":\"a\",\"email\":\"e\"}", FAULT_INVALID_EVENT, 0,
     "eventName"},
    {"{\"eventName\":\"a\",\"email\":\"e\"}", FAULT_INVALID_EVENT, 0,
     "project"},
    {"[" DATA("{}") "," DATA("{}") "," DATA("{}") "," DATA("{}") "," DATA(
	 "{}") "," DATA("{}") "]",
     FAULT_TOO_LARGE, 5, ""},
};

static void test_refusals(void **state)
{
	struct request *r = *state;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *row = &refusals[i];
		struct fault f = {0};

		if (parse_text(r, row->body, &f))
			fail_msg("taken: %s", row->body);
		if (f.code != row->code || f.index != row->index ||
		    strcmp(f.field, row->field) != 0)
			fail_msg("%s: got %s, %d, \"%s\", %s", row->body,
				 fault_code_text(f.code), (int)f.index, f.field,
				 f.message);
		assert_true(f.message[0] != '\0');
	}
}

static void test_whole_pairs_of_surrogates(void **state)
{
	struct request *r = *state;
	struct fault f;

	assert_true(parse_text(
	    r, DATA("{\"\\\\ud800\":\"\\ud83d\\ude00\\\\ud83d\"}"), &f));
	assert_body(r, 0,
		    "{\"userId\":\"u\",\"eventName\":\"e\",\"dataFields\":"
		    "{\"\\\\ud800\":\"\\ud83d\\ude00\\\\ud83d\"}}");
}

/* {"project":"acme","eventName":"e","userId":"u","dataFields":<value>} */
static void pack_front(msgpack_packer *pk)
{
	static const char *const texts[] = {"project", "acme", "eventName", "e",
					    "userId",  "u",    "dataFields"};

	msgpack_pack_map(pk, 4);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		msgpack_pack_str_with_body(pk, texts[i], strlen(texts[i]));
}

static int append_packed(void *out, const char *p, size_t n)
{
	buf_append(out, p, n);
	return 0;
}

static void test_msgpack_values(void **state)
{
	static const struct {
		struct slice value;
		const char *json;
	} rows[] = {
	    {{"\x80", 1}, "{}"},
	    {{"\x81\xa1x\xc0", 4}, "{\"x\":null}"},
	    {{"\x82\xa1x\xc2\xa1y\xc3", 7}, "{\"x\":false,\"y\":true}"},
	    {{"\x81\xa1x\x90", 4}, "{\"x\":[]}"},
	    {{"\x81\xa1x\x93\x01\xff\xcd\x01\x00", 9}, "{\"x\":[1,-1,256]}"},
	    {{"\x81\xa1x\xd3\x80\0\0\0\0\0\0\0", 12},
	     "{\"x\":-9223372036854775808}"},
	    {{"\x81\xa1x\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 12},
	     "{\"x\":18446744073709551615}"},
	    {{"\x81\xa1x\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a", 12},
	     "{\"x\":0.1}"},
	    {{"\x81\xa1x\xcb\x3f\xf0\0\0\0\0\0\0", 12}, "{\"x\":1.0}"},
	    {{"\x81\xa1x\xca\x3d\xcc\xcc\xcd", 8}, "{\"x\":0.1}"},
	    {{"\x81\xa1x\xa3\"\\\n", 7}, "{\"x\":\"\\\"\\\\\\n\"}"},
	    {{"\x82\xa1x\x81\xa1x\x01\xa1y\x91\x80", 11},
	     "{\"x\":{\"x\":1},\"y\":[{}]}"},
	};
	struct request *r = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = {0};
		struct buf b, want;
		msgpack_packer pk;

		buf_init(&b, 1024);
		buf_init(&want, 1024);
		msgpack_packer_init(&pk, &b, append_packed);
		pack_front(&pk);
		buf_append_slice(&b, rows[i].value);
		if (!parse(r, buf_slice(&b), (struct slice){"", 0}, &f))
			fail_msg("%s: %s", rows[i].json, f.message);
		buf_printf(&want,
			   "{\"userId\":\"u\",\"eventName\":\"e\","
			   "\"dataFields\":%s}%c",
			   rows[i].json, '\0');
		assert_body(r, 0, want.p);
		buf_fini(&b);
		buf_fini(&want);
	}
}

static void test_msgpack_refusals(void **state)
{
	static const struct {
		struct slice value;
		enum fault_code code;
		const char *field;
	} rows[] = {
	    {{"\x81\xa1x\xcb\x7f\xf8\0\0\0\0\0\0", 12},
	     FAULT_INVALID_EVENT,
	     "dataFields.x"},
	    {{"\x81\xa1x\xca\x7f\x80\0\0", 8},
	     FAULT_INVALID_EVENT,
	     "dataFields.x"},
	    {{"\x81\xa1x\xc4\x01y", 6}, FAULT_INVALID_EVENT, "dataFields.x"},
	    {{"\x81\xa1x\x92\xc0\xd4\x01\x01", 8},
	     FAULT_INVALID_EVENT,
	     "dataFields.x[1]"},
	    {{"\x81\x01\x01", 3}, FAULT_INVALID_EVENT, "dataFields"},
	    {{"\x82\xa1x\x01\xa1x\x01", 7},
	     FAULT_INVALID_EVENT,
	     "dataFields.x"},
	    {{"\x81\xa1x\xa1\xff", 5}, FAULT_INVALID_EVENT, "dataFields.x"},
	    {{"\x81\xa1\xff\x01", 4}, FAULT_INVALID_EVENT, "dataFields.?"},
	    {{"\x81\xa1x\xc1", 4}, FAULT_MALFORMED, ""},
	    {{"\x81\xa1x\xdd\x07\xff\xff\xff", 8}, FAULT_MALFORMED, ""},
	    {{"\x80\xc0", 2}, FAULT_MALFORMED, ""},
	    {{"\x81", 1}, FAULT_MALFORMED, ""},
	};
	struct request *r = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = {0};
		struct buf b;
		msgpack_packer pk;

		buf_init(&b, 1024);
		msgpack_packer_init(&pk, &b, append_packed);
		pack_front(&pk);
		buf_append_slice(&b, rows[i].value);
		assert_false(
		    parse(r, buf_slice(&b), (struct slice){"", 0}, &f));
		if (f.code != rows[i].code ||
		    strcmp(f.field, rows[i].field) != 0)
			fail_msg("row %zu: got %s, \"%s\", %s", i,
				 fault_code_text(f.code), f.field, f.message);
		buf_fini(&b);
	}
}

/* The message itself is the first of 32 levels. */
static void test_depth(void **state)
{
	struct request *r = *state;

	for (size_t levels = 31; levels <= 33; levels++) {
		struct fault f = {0};
		struct buf b;

		buf_init(&b, 4096);
		buf_append_str(&b, FRONT "\"dataFields\":");
		for (size_t i = 1; i < levels; i++)
			buf_append_str(&b, "{\"a\":");
		buf_append_str(&b, "1");
		for (size_t i = 1; i < levels; i++)
			buf_append_char(&b, '}');
		buf_append_char(&b, '}');
		assert_true(parse(r, buf_slice(&b), (struct slice){"", 0},
				  &f) == (levels <= 32));
		if (levels > 32)
			assert_memory_equal(f.field, "dataFields.a.a.", 15);
		buf_fini(&b);
	}
}

static void test_sizes(void **state)
{
	struct request *r = *state;
	struct fault f = {0};
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_append_str(&b, "[" DATA("{}") "," FRONT "\"dataFields\":{\"a\":\"");
	for (size_t i = 0; i < limits.message_bytes_max; i++)
		buf_append_char(&b, 'x');
	buf_append_str(&b, "\"}}]");
	assert_false(parse(r, buf_slice(&b), (struct slice){"", 0}, &f));
	assert_int_equal(f.code, FAULT_TOO_LARGE);
	assert_int_equal(f.index, 1);
	buf_reset(&b);
	for (size_t i = 0; i <= limits.frame_bytes_max; i++)
		buf_append_char(&b, ' ');
	assert_false(parse(r, buf_slice(&b), (struct slice){"", 0}, &f));
	assert_int_equal(f.code, FAULT_TOO_LARGE);
	buf_fini(&b);
}

/* Control characters become six times as long: refused, not cut. */
static void test_escapes_that_do_not_fit(void **state)
{
	static const struct request_limits wide = {
	    .frame_bytes_max = 4 << 20,
	    .message_bytes_max = 4 << 20,
	    .event_name_bytes_max = 128,
	    .events_max = 5,
	};
	struct request *r = request_new(&wide);
	size_t n = 4000000;

	(void)state;
	for (; n > 1000; n /= 10) {
		struct fault f = {0};
		struct buf b;
		msgpack_packer pk;
		char *bytes = xcalloc(1, n);

		buf_init(&b, 5 << 20);
		msgpack_packer_init(&pk, &b, append_packed);
		pack_front(&pk);
		msgpack_pack_map(&pk, 1);
		msgpack_pack_str_with_body(&pk, "x", 1);
		msgpack_pack_str_with_body(&pk, bytes, n);
		if (parse(r, buf_slice(&b), (struct slice){"", 0}, &f))
			assert_true(request_at(r, 0).body.n > 6 * n);
		else
			assert_int_equal(f.code, FAULT_TOO_LARGE);
		request_release(r);
		buf_fini(&b);
		free(bytes);
	}
	request_free(&r);
}

/* A key of more characters than a path keeps, and a path of more than it keeps.
 */
static void test_long_paths(void **state)
{
	struct request *r = *state;
	struct fault f = {0};
	struct buf b;

	buf_init(&b, 1 << 16);
	buf_append_str(&b, FRONT "\"dataFields\":");
	for (int level = 0; level < 20; level++) {
		buf_append_str(&b, "{\"\\n");
		for (int i = 0; i < 40; i++)
			buf_append_str(&b, "\xc3\xa9");
		buf_append_str(&b, "\":");
	}
	buf_append_str(&b, "1e999");
	assert_false(parse(r, buf_slice(&b), (struct slice){"", 0}, &f));
	assert_int_equal(f.code, FAULT_INVALID_EVENT);
	assert_true(slice_is_utf8(slice_of(f.field)));
	buf_fini(&b);
}

static void test_truncations(void **state)
{
	static const char text[] =
	    "[" DATA("{\"a\":[1,null,\"\\u00e9\"],\"b\":{\"c\":2e3}}") "]";
	struct request *r = *state;
	struct fault f;

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_false(
		    parse(r, slice_bytes(text, n), (struct slice){"", 0}, &f));
	assert_true(parse_text(r, text, &f));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_all_fields),
	    TEST(test_least_fields),
	    TEST(test_project_of_the_path),
	    TEST(test_refusals),
	    TEST(test_whole_pairs_of_surrogates),
	    TEST(test_msgpack_values),
	    TEST(test_msgpack_refusals),
	    TEST(test_depth),
	    TEST(test_sizes),
	    TEST(test_long_paths),
	    TEST(test_escapes_that_do_not_fit),
	    TEST(test_truncations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
