/*
 * webhook_body_test - a webhook's JSON out of flags.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "webhook_body.h"

static void body_is(const struct webhook_flags *f, const char *want)
{
	json_t *body = webhook_body(f), *expected = json_loads(want, 0, NULL);

	assert_non_null(body);
	assert_non_null(expected);
	assert_true(json_equal(body, expected));
	json_decref(body);
	json_decref(expected);
}

static void nothing_given_is_nothing_said(void **state)
{
	struct webhook_flags f = webhook_flags_init();

	(void)state;
	body_is(&f, "{}");
}

static void every_flag_has_its_place(void **state)
{
	struct webhook_flags f = webhook_flags_init();

	(void)state;
	f.name = "crm";
	f.filter = "{\"email\":{\"$exists\":true}}";
	f.url = "https://a/";
	f.enabled = "false";
	f.basic = "user:pass:word";
	f.signing = "true";
	f.retry_delays = "5,300";
	f.content_type = "text/plain";
	f.concurrency = 3;
	f.timeout_ms = 100;
	f.batch_events = 10;
	f.batch_wait_ms = 0;
	f.event_names = (struct args_list){{"a", "b"}, 2};
	f.headers = (struct args_list){{"X-A: b: c", "X-B:"}, 2};
	f.secrets = (struct args_list){{"whsec_x"}, 1};
	f.signing_algorithm = "hmac-sha256";
	body_is(&f, "{\"filter\":{\"email\":{\"$exists\":true}},"
		    "\"name\":\"crm\",\"url\":\"https://a/\","
		    "\"enabled\":false,\"auth\":{\"type\":\"basic\","
		    "\"username\":\"user\",\"password\":\"pass:word\"},"
		    "\"signing\":{\"enabled\":true,"
		    "\"algorithm\":\"hmac-sha256\",\"secrets\":[\"whsec_x\"]},"
		    "\"retry\":{\"delaysS\":[5,300]},"
		    "\"contentType\":\"text/plain\","
		    "\"limits\":{\"concurrency\":3},\"timeoutMs\":100,"
		    "\"batch\":{\"maxEvents\":10,\"maxWaitMs\":0},"
		    "\"eventNames\":[\"a\",\"b\"],"
		    "\"headers\":{\"X-A\":\"b: c\",\"X-B\":\"\"}}");
}

static void flags_go_on_top_of_a_document(void **state)
{
	struct webhook_flags f = webhook_flags_init();

	(void)state;
	f.body = "{\"name\":\"a\",\"limits\":{\"ratePerSecond\":0}}";
	f.name = "b";
	f.concurrency = 1;
	f.retry_delays = "";
	f.batch_events = 0;
	body_is(
	    &f,
	    "{\"name\":\"b\",\"limits\":{\"ratePerSecond\":0,"
	    "\"concurrency\":1},\"retry\":{\"delaysS\":[]},\"batch\":null}");
}

static void a_credential_is_named(void **state)
{
	struct webhook_flags f = webhook_flags_init();

	(void)state;
	f.oauth2 = "cred_1";
	body_is(&f, "{\"auth\":{\"type\":\"oauth2\",\"credential\":"
		    "\"cred_1\"}}");
}

static void what_journeys_call_has_flags_too(void **state)
{
	struct webhook_flags f = webhook_flags_init();

	(void)state;
	f.kind = "journey";
	f.keep_answer = "false";
	f.journey = (struct journey_flags){
	    .method = "GET",
	    .escape = "json",
	    .missing = "fail",
	    .data_retrieval = "weather",
	    .hosts = {{"*.a.example"}, 1},
	    .profile_fields = {{"firstName"}, 1},
	    .captures = {{"tier=$.a[?@.b=='c']"}, 1},
	    .data_fields = {{"sky=string:$.sky"}, 1},
	};
	body_is(&f,
		"{\"kind\":\"journey\",\"keepAnswer\":false,\"method\":\"GET\","
		"\"escape\":\"json\",\"missing\":\"fail\","
		"\"hosts\":[\"*.a.example\"],"
		"\"sendProfileFields\":[\"firstName\"],"
		"\"capture\":{\"profileFields\":{"
		"\"tier\":\"$.a[?@.b=='c']\"}},"
		"\"dataRetrieval\":{\"name\":\"weather\",\"fields\":{\"sky\":{"
		"\"path\":\"$.sky\",\"type\":\"string\"}}}}");
}

static void refuses_what_cannot_be_said(void **state)
{
	struct webhook_flags bad[14];
	const size_t n = sizeof(bad) / sizeof(bad[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		bad[i] = webhook_flags_init();
	bad[0].body = "{";
	bad[1].body = "/nonexistent";
	bad[2].enabled = "maybe";
	bad[3].basic = "no-colon";
	bad[4].basic = "a:b";
	bad[4].bearer = "c";
	bad[5].retry_delays = "5,x";
	bad[6].headers = (struct args_list){{"no-colon"}, 1};
	bad[7].name = "\xff";
	bad[8].headers = (struct args_list){{": empty"}, 1};
	bad[9].body = "{\"a\":1,\"a\":2}";
	bad[10].bearer = "c";
	bad[10].oauth2 = "cred_1";
	bad[11].journey.captures = (struct args_list){{"tier"}, 1};
	bad[12].journey.data_fields = (struct args_list){{"sky=$.sky"}, 1};
	bad[13].journey.body_file = "/nonexistent";
	for (size_t i = 0; i < n; i++)
		assert_null(webhook_body(&bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_given_is_nothing_said),
	    cmocka_unit_test(every_flag_has_its_place),
	    cmocka_unit_test(flags_go_on_top_of_a_document),
	    cmocka_unit_test(a_credential_is_named),
	    cmocka_unit_test(what_journeys_call_has_flags_too),
	    cmocka_unit_test(refuses_what_cannot_be_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
