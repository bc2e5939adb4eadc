/*
 * request_call_test - a journey's calls and exits: what is taken of them, and
 * what each refusal names. SPDX-License-Identifier: Apache-2.0
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
    .frame_bytes_max = 1 << 20,
    .message_bytes_max = 1 << 19,
    .event_name_bytes_max = 128,
    .events_max = 5,
};

#define CALL                                                                \
	"{\"op\":\"journeyCall\",\"project\":\"acme\",\"webhook\":\"crm\"," \
	"\"journeyId\":\"j\",\"pathId\":\"p\",\"userId\":\"u\""
#define EXIT "{\"op\":\"journeyExit\",\"project\":\"acme\""

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

/* The body in a block of its own that is gone when its events are looked at. */
static bool parse(struct request *r, struct slice body, struct fault *fault)
{
	char *copy = xmalloc(body.n);
	bool ok;

	memcpy(copy, body.p, body.n);
	ok = request_parse(r, encoding_of(body), slice_bytes(copy, body.n),
			   (struct slice){"", 0}, fault);
	free(copy);
	return ok;
}

static void take(struct request *r, const char *text)
{
	struct fault f = {0};

	if (!parse(r, slice_of(text), &f))
		fail_msg("%s: %s %s", text, f.field, f.message);
}

static void assert_text(struct slice got, const char *want)
{
	if (!slice_eq_str(got, want))
		fail_msg("got %.*s, not %s", SLICE_FMT(got), want);
}

static void test_all_fields(void **state)
{
	struct request *r = *state;
	struct request_event e;
	struct request_call c;

	take(r, "{\"reply\":\"result\",\"params\":{ \"a\" : 1.50,\"b\":\"x\","
		"\"c\":false },\"event\":{\"n\":[1e5,{}]},"
		"\"profile\":{ \"k\":null },\"expiresInMs\":5000,"
		"\"createdAt\":\"1970-01-01T00:00:01.500Z\",\"id\":\"i\","
		"\"userId\":\"u\",\"email\":\"a@b\",\"pathId\":\"p-1\","
		"\"journeyId\":\"w\\u00e9\",\"tile\":\"liveData\","
		"\"webhook\":\"crm\",\"project\":\"acme\","
		"\"op\":\"journeyCall\"}");
	assert_int_equal(request_calls(r), 1);
	e = request_at(r, 0);
	assert_int_equal(e.op, OP_CALL);
	assert_text(e.project, "acme");
	assert_text(e.name, "");
	assert_text(e.idem, "i");
	assert_text(e.ordering_key, "p-1");
	assert_int_equal(e.created_ms, 1500);
	assert_int_equal(e.expires_in_ms, 5000);
	assert_text(e.body, "{\"journeyId\":\"w\xc3\xa9\",\"pathId\":\"p-1\","
			    "\"email\":\"a@b\",\"userId\":\"u\","
			    "\"profile\":{ \"k\":null },"
			    "\"event\":{\"n\":[1e5,{}]}}");
	c = request_call_at(r, 0);
	assert_text(c.webhook, "crm");
	assert_int_equal(c.tile, TILE_liveData);
	assert_text(c.params, "{ \"a\" : 1.50,\"b\":\"x\",\"c\":false }");
	assert_true(c.wants_result);
}

static void test_least_fields(void **state)
{
	struct request *r = *state;
	struct request_call c;

	take(r, CALL "}");
	assert_text(request_at(r, 0).body,
		    "{\"journeyId\":\"j\",\"pathId\":\"p\",\"userId\":\"u\","
		    "\"profile\":{},\"event\":{}}");
	c = request_call_at(r, 0);
	assert_int_equal(c.tile, TILE_webhook);
	assert_int_equal(c.params.n, 0);
	assert_false(c.wants_result);
}

static void test_exit(void **state)
{
	struct request *r = *state;
	struct request_event e;
	struct request_call c;

	take(r, EXIT ",\"pathId\":\"p\",\"id\":\"i\","
		     "\"createdAt\":\"1970-01-01T00:00:01Z\"}");
	assert_int_equal(request_calls(r), 0);
	e = request_at(r, 0);
	assert_text(e.name, "");
	assert_text(e.ordering_key, "p");
	assert_text(e.idem, "i");
	assert_text(e.body, "{\"pathId\":\"p\"}");
	c = request_call_at(r, 0);
	assert_int_equal(c.tile, TILE_exit);
	assert_int_equal(c.webhook.n + c.params.n, 0);
	assert_false(c.wants_result);
}

/* What one message has is not the next one's. */
static void test_a_batch_of_all(void **state)
{
	struct request *r = *state;
	struct ulid id = ulid_new(1);
	struct ulid got;

	take(r, "[" CALL ",\"tile\":\"userProfile\",\"reply\":\"result\","
		"\"params\":{\"a\":1}}," CALL ",\"reply\":\"feed\"}," EXIT
		",\"pathId\":\"p\"},{\"project\":\"acme\",\"eventName\":\"e\","
		"\"userId\":\"u\",\"orderingKey\":\"o\"}]");
	assert_int_equal(request_count(r), 4);
	assert_int_equal(request_calls(r), 2);
	assert_int_equal(request_call_at(r, 0).tile, TILE_userProfile);
	assert_true(request_call_at(r, 0).wants_result);
	assert_int_equal(request_call_at(r, 1).tile, TILE_webhook);
	assert_false(request_call_at(r, 1).wants_result);
	assert_int_equal(request_call_at(r, 1).params.n, 0);
	assert_int_equal(request_at(r, 3).op, OP_EVENT);
	assert_text(request_at(r, 3).name, "e");
	assert_text(request_at(r, 3).ordering_key, "o");
	request_resolve(r, 1, &id);
	got = request_call_at(r, 1).webhook_id;
	assert_true(ulid_eq(&got, &id));
}

static const struct {
	const char *body, *field;
} refusals[] = {
    {CALL ",\"eventName\":\"e\"}", "eventName"},
    {CALL ",\"dataFields\":{}}", "dataFields"},
    {CALL ",\"orderingKey\":\"o\"}", "orderingKey"},
    {CALL ",\"tile\":\"none\"}", "tile"},
    {CALL ",\"tile\":\"exit\"}", "tile"},
    {CALL ",\"tile\":\"Webhook\"}", "tile"},
    {CALL ",\"tile\":1}", "tile"},
    {CALL ",\"reply\":\"both\"}", "reply"},
    {CALL ",\"reply\":true}", "reply"},
    {CALL ",\"profile\":[]}", "profile"},
    {CALL ",\"event\":\"e\"}", "event"},
    {CALL ",\"event\":{\"a\":1,\"a\":2}}", "event.a"},
    {CALL ",\"profile\":{\"a\":1e999}}", "profile.a"},
    {CALL ",\"profile\":{},\"profile\":{}}", "profile"},
    {CALL ",\"params\":\"a=1\"}", "params"},
    {CALL ",\"params\":{\"a\":null}}", "params.a"},
    {CALL ",\"params\":{\"a\":{}}}", "params.a"},
    {CALL ",\"params\":{\"b\":1,\"a\":[]}}", "params.a"},
    {CALL ",\"params\":{\"a\":1,\"a\":1}}", "params.a"},
    {CALL ",\"pathId\":\"q\"}", "pathId"},
    {CALL ",\"expiresInMs\":0}", "expiresInMs"},
    {CALL ",\"surprise\":0}", "surprise"},
    {EXIT "}", "pathId"},
    {EXIT ",\"pathId\":\"\"}", "pathId"},
    {EXIT ",\"pathId\":\"p\",\"userId\":\"u\"}", "userId"},
    {EXIT ",\"pathId\":\"p\",\"webhook\":\"w\"}", "webhook"},
    {EXIT ",\"pathId\":\"p\",\"journeyId\":\"j\"}", "journeyId"},
    {EXIT ",\"pathId\":\"p\",\"expiresInMs\":5}", "expiresInMs"},
    {EXIT ",\"pathId\":\"p\",\"reply\":\"feed\"}", "reply"},
    {"{\"op\":\"journeyExit\",\"pathId\":\"p\"}", "project"},
    {"{\"op\":\"journeyCall\",\"project\":\"a\",\"journeyId\":\"j\","
     "\"pathId\":\"p\",\"userId\":\"u\"}",
     "webhook"},
    {"{\"op\":\"journeyCall\",\"project\":\"a\",\"webhook\":\"w\","
     "\"pathId\":\"p\",\"userId\":\"u\"}",
     "journeyId"},
    {"{\"op\":\"journeyCall\",\"project\":\"a\",\"webhook\":\"w\","
     "\"journeyId\":\"j\",\"userId\":\"u\"}",
     "pathId"},
    {"{\"op\":\"journeyCall\",\"project\":\"a\",\"webhook\":\"w\","
     "\"journeyId\":\"j\",\"pathId\":\"p\"}",
     "email"},
};

static void assert_refused(struct request *r, struct slice body,
			   const char *field)
{
	struct fault f = {0};

	if (parse(r, body, &f))
		fail_msg("taken: %.*s", SLICE_FMT(body));
	if (f.code != FAULT_INVALID_EVENT || f.index != 0 ||
	    strcmp(f.field, field) != 0 || !f.message[0])
		fail_msg("%.*s: got %s, %d, \"%s\", %s", SLICE_FMT(body),
			 fault_code_text(f.code), (int)f.index, f.field,
			 f.message);
}

static void test_refusals(void **state)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		assert_refused(*state, slice_of(refusals[i].body),
			       refusals[i].field);
}

static void test_the_refusal_names_the_op(void **state)
{
	struct fault f = {0};

	assert_false(parse(*state, SLICE_LIT(CALL ",\"dataFields\":{}}"), &f));
	assert_string_equal(f.message, "is not for op journeyCall");
}

/* Text that fits, and text that is longer by one byte. */
static void check_length(struct request *r, const char *field, size_t most)
{
	for (size_t n = most; n <= most + 1; n++) {
		struct fault f = {0};
		struct buf b;

		buf_init(&b, 1 << 18);
		buf_append_str(&b, "{\"op\":\"journeyCall\",\"project\":\"a\","
				   "\"userId\":\"u\"");
		for (size_t i = 0; i < 3; i++) {
			static const char *const names[] = {
			    "webhook", "journeyId", "pathId"};

			buf_printf(&b, ",\"%s\":\"", names[i]);
			for (size_t k = !strcmp(names[i], field) ? n : 1; k > 0;
			     k--)
				buf_append_char(&b, 'x');
			buf_append_char(&b, '"');
		}
		if (!strcmp(field, "params")) {
			buf_append_str(&b, ",\"params\":{\"a\":\"");
			for (size_t k = n - 8; k > 0; k--)
				buf_append_char(&b, 'x');
			buf_append_str(&b, "\"}");
		}
		buf_append_char(&b, '}');
		if (n > most)
			assert_refused(r, buf_slice(&b), field);
		else if (!parse(r, buf_slice(&b), &f))
			fail_msg("%s: %s", field, f.message);
		buf_fini(&b);
	}
}

static void test_lengths(void **state)
{
	check_length(*state, "webhook", 128);
	check_length(*state, "journeyId", 256);
	check_length(*state, "pathId", ORDERING_KEY_BYTES_MAX);
	check_length(*state, "params", PARAMS_BYTES_MAX);
}

static int append_packed(void *out, const char *p, size_t n)
{
	buf_append(out, p, n);
	return 0;
}

/* A call whose params are this value. */
static void pack_call(struct buf *out, struct slice params)
{
	static const char *const texts[] = {
	    "op",    "journeyCall", "project",	 "acme", "webhook", "crm",
	    "email", "a@b",	    "journeyId", "j",	 "pathId",  "p"};
	msgpack_packer pk;

	msgpack_packer_init(&pk, out, append_packed);
	msgpack_pack_map(&pk, 9);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		msgpack_pack_str_with_body(&pk, texts[i], strlen(texts[i]));
	msgpack_pack_str_with_body(&pk, "profile", 7);
	buf_append(out, "\x81\xa1x\xc0", 4);
	msgpack_pack_str_with_body(&pk, "params", 6);
	buf_append_slice(out, params);
	msgpack_pack_str_with_body(&pk, "event", 5);
	buf_append(out, "\x81\xa1y\x92\x01\xc3", 6);
}

static void test_msgpack(void **state)
{
	struct request *r = *state;
	struct fault f = {0};
	struct buf b;

	buf_init(&b, 1024);
	pack_call(&b, SLICE_LIT("\x82\xa1m\xa2\"n\xa1o\xff"));
	assert_true(parse(r, buf_slice(&b), &f));
	assert_text(request_at(r, 0).body,
		    "{\"journeyId\":\"j\",\"pathId\":\"p\",\"email\":\"a@b\","
		    "\"profile\":{\"x\":null},\"event\":{\"y\":[1,true]}}");
	assert_text(request_call_at(r, 0).params, "{\"m\":\"\\\"n\",\"o\":-1}");
	buf_reset(&b);
	pack_call(&b, SLICE_LIT("\x81\xa1m\x80"));
	assert_refused(r, buf_slice(&b), "params.m");
	buf_reset(&b);
	pack_call(&b, SLICE_LIT("\x81\xa1m\xc0"));
	assert_refused(r, buf_slice(&b), "params.m");
	buf_fini(&b);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_all_fields), TEST(test_least_fields),
	    TEST(test_exit),	   TEST(test_a_batch_of_all),
	    TEST(test_refusals),   TEST(test_the_refusal_names_the_op),
	    TEST(test_lengths),	   TEST(test_msgpack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
