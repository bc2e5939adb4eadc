/*
 * journey_plan_test - what calls are rendered to, and which webhooks cannot be
 * called.
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
#include "journey_world.h"

#define CALL                                                             \
	"{\"journeyId\":\"welcome\",\"pathId\":\"path-77\","             \
	"\"email\":\"ada@example.com\",\"userId\":\"u-1\",\"profile\":{" \
	"\"firstName\":\"Ada\",\"age\":36.50,\"tags\":[\"a\",\"b\"],"    \
	"\"address\":{\"city\":\"London\"}},\"event\":{\"total\":1e3,"   \
	"\"items\":[{\"sku\":\"x\"}]}}"
#define STORED                                                    \
	"{\"profile\":{\"firstName\":\"Old\",\"tier\":\"gold\"}," \
	"\"liveData\":{\"weather\":{\"sky\":\"grey\",\"t\":[1,2]}}}"

static void check(const char *what, struct slice got, const char *want)
{
	if (!slice_eq_str(got, want))
		fail_msg("%s: got  %.*s\nwant %s", what, SLICE_FMT(got), want);
}

/* --- the context ---------------------------------------------------------- */

static const struct {
	const char *body, *call, *stored, *want;
} contexts[] = {
    {"{{email}} {{userId}} {{journeyId}} {{pathId}}", CALL, NULL,
     "ada@example.com u-1 welcome path-77"},
    {"{{firstName}} {{profile.firstName}} {{age}}", CALL, NULL,
     "Ada Ada 36.50"},
    {"{{address.city}} {{profile.address.city}}", CALL, NULL, "London London"},
    {"{{event.total}} {{dataFields.total}} {{event.items.[0].sku}}", CALL, NULL,
     "1e3 1e3 x"},
    {"[{{total}}]", CALL, NULL, "[]"},
    /* What is kept lies under what the call brings. */
    {"{{firstName}} {{tier}} {{profile.tier}}", CALL, STORED, "Ada gold gold"},
    {"{{firstName}} {{tier}}", "{\"email\":\"e\"}", STORED, "Old gold"},
    {"{{#each profile}}{{@key}} {{/each}}", CALL, STORED,
     "firstName age tags address tier "},
    {"{{liveData.weather.sky}} {{liveData.weather.t.[1]}}", CALL, STORED,
     "grey 2"},
    {"[{{liveData.weather.sky}}{{event.x}}{{profile.x}}]", "{}", NULL, "[]"},
    /* Names of the call go before fields of the profile. */
    {"{{email}} {{profile.email}} {{pathId}} {{event.a}} {{liveData}}",
     "{\"email\":\"call\",\"pathId\":\"p\",\"profile\":{\"email\":\"mine\","
     "\"pathId\":\"x\",\"event\":{\"a\":1},\"liveData\":\"no\"},"
     "\"event\":{\"a\":2}}",
     NULL, "call mine p 2 [object Object]"},
    {"{{email}} [{{pathId}}]",
     "{\"userId\":\"u\",\"profile\":{\"email\":\"mine\",\"pathId\":\"x\"}}",
     NULL, "mine []"},
    /* The wrong kind of thing is nothing. */
    {"[{{profile.a}}{{event.a}}{{liveData.a}}]",
     "{\"profile\":[1],\"event\":\"a\"}",
     "{\"profile\":1,\"liveData\":[{\"a\":1}]}", "[]"},
    {"[{{email}}]", "no JSON", "nor this", "[]"},
};

static void test_context(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(contexts) / sizeof(*contexts); i++) {
		char *members =
		    xasprintf("\"contentType\":\"text/plain\",\"body\":\"%s\"",
			      contexts[i].body);
		struct world w;

		world_init(&w, members);
		if (!world_render(&w, contexts[i].call, NULL,
				  contexts[i].stored))
			fail_msg("%s: %s", contexts[i].body, w.fault.text);
		check(contexts[i].body, w.request.body, contexts[i].want);
		world_fini(&w);
		free(members);
	}
}

/* More fields than anybody may look for one by one. */
static void test_large_profiles(void **state)
{
	struct buf call, stored;
	struct world w;
	size_t n = 20000;
	(void)state;

	buf_init(&call, (size_t)1024 * 1024);
	buf_init(&stored, (size_t)1024 * 1024);
	buf_append_str(&call, "{\"profile\":{\"a\":1");
	buf_append_str(&stored, "{\"profile\":{\"b\":1");
	for (size_t i = 0; i < n; i++) {
		buf_printf(&call, ",\"f%zu\":%zu", i, i);
		buf_printf(&stored, ",\"f%zu\":0", i + n / 2);
	}
	buf_append(&call, "}}", 3);
	buf_append(&stored, "}}", 3);
	world_init(&w, "\"contentType\":\"text/plain\",\"body\":"
		       "\"{{f19999}} {{f20001}} {{length profile}}\"");
	assert_true(world_render(&w, call.p, NULL, stored.p));
	assert_memory_equal(w.request.body.p, "19999 0", 7);
	world_fini(&w);
	world_init(&w, "");
	assert_true(world_render(&w, call.p, NULL, stored.p));
	world_fini(&w);
	buf_fini(&call);
	buf_fini(&stored);
}

/* --- method and body ------------------------------------------------------ */

#define DEFAULT_BODY                                                       \
	"{\"journeyId\":\"welcome\",\"pathId\":\"path-77\","               \
	"\"email\":\"ada@example.com\",\"userId\":\"u-1\",\"profile\":{"   \
	"\"firstName\":\"Ada\",\"age\":36.50,\"tags\":[\"a\",\"b\"],"      \
	"\"address\":{\"city\":\"London\"},\"tier\":\"gold\"},\"event\":{" \
	"\"total\":1e3,\"items\":[{\"sku\":\"x\"}]}}"

static const struct {
	const char *members;
	enum http_method method;
	const char *want; /* NULL: no body */
} bodies[] = {
    {"", METHOD_POST, DEFAULT_BODY},
    {"\"method\":\"PUT\"", METHOD_PUT, DEFAULT_BODY},
    {"\"method\":\"PATCH\",\"contentType\":\"text/plain\"", METHOD_PATCH,
     DEFAULT_BODY},
    {"\"method\":\"GET\"", METHOD_GET, NULL},
    {"\"method\":\"DELETE\"", METHOD_DELETE, NULL},
    {"\"method\":\"GET\",\"body\":\"{{tier}}\"", METHOD_GET, "gold"},
    {"\"method\":\"DELETE\",\"body\":\"\"", METHOD_DELETE, ""},
    {"\"sendProfileFields\":[\"tier\",\"nope\",\"firstName\"]", METHOD_POST,
     "{\"journeyId\":\"welcome\",\"pathId\":\"path-77\",\"email\":"
     "\"ada@example.com\",\"userId\":\"u-1\",\"profile\":{\"tier\":\"gold\","
     "\"firstName\":\"Ada\"},\"event\":{\"total\":1e3,\"items\":[{\"sku\":"
     "\"x\"}]}}"},
    {"\"sendProfileFields\":[],\"contentType\":"
     "\"application/x-www-form-urlencoded\"",
     METHOD_POST,
     "journeyId=welcome&pathId=path-77&email=ada%40example.com&userId=u-1"
     "&event.total=1e3&event.items.0.sku=x"},
    {"\"contentType\":\"Application/X-WWW-Form-Urlencoded; charset=utf-8\"",
     METHOD_POST,
     "journeyId=welcome&pathId=path-77&email=ada%40example.com&userId=u-1"
     "&profile.firstName=Ada&profile.age=36.50&profile.tags.0=a"
     "&profile.tags.1=b&profile.address.city=London&profile.tier=gold"
     "&event.total=1e3&event.items.0.sku=x"},
    /* The header of that name says what it is. */
    {"\"headers\":{\"content-type\":\"application/x-www-form-urlencoded\"},"
     "\"sendProfileFields\":[\"tier\"]",
     METHOD_POST,
     "journeyId=welcome&pathId=path-77&email=ada%40example.com&userId=u-1"
     "&profile.tier=gold&event.total=1e3&event.items.0.sku=x"},
};

static void test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		bool body = bodies[i].want;
		struct world w;

		world_init(&w, bodies[i].members);
		assert_true(world_render(&w, CALL, NULL, STORED));
		assert_int_equal(w.request.method, bodies[i].method);
		assert_int_equal(w.request.has_body, body);
		assert_int_equal(journey_plan_has_body(w.plan), body);
		check(bodies[i].members, w.request.body,
		      body ? bodies[i].want : "");
		world_fini(&w);
	}
}

static void test_sparse_calls(void **state)
{
	struct world w;
	(void)state;

	world_init(&w, "");
	assert_true(world_render(&w, "{\"userId\":\"u\"}", NULL, NULL));
	check("sparse", w.request.body,
	      "{\"userId\":\"u\",\"profile\":{},\"event\":{}}");
	world_fini(&w);
}

static const struct {
	const char *members, *want;
} modes[] = {
    {"\"contentType\":\"application/json\"", "\\\"<&> \\n"},
    {"\"contentType\":\"application/vnd.api+json\"", "\\\"<&> \\n"},
    {"\"contentType\":\"application/x-www-form-urlencoded\"",
     "%22%3C%26%3E+%0A"},
    {"\"contentType\":\"text/html\"", "&quot;&lt;&amp;&gt; \n"},
    {"\"contentType\":\"application/xml\"", "&quot;&lt;&amp;&gt; \n"},
    {"\"contentType\":\"image/svg+xml\"", "&quot;&lt;&amp;&gt; \n"},
    {"\"contentType\":\"text/plain\"", "\"<&> \n"},
    {"\"contentType\":\"text/plain\",\"escape\":\"json\"", "\\\"<&> \\n"},
    {"\"contentType\":\"text/plain\",\"escape\":\"html\"",
     "&quot;&lt;&amp;&gt; \n"},
    {"\"contentType\":\"application/json\",\"escape\":\"none\"", "\"<&> \n"},
    {"\"contentType\":\"application/json\",\"escape\":\"auto\"", "\\\"<&> \\n"},
};

static void test_modes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		char *members =
		    xasprintf("%s,\"body\":\"{{event.v}}\"", modes[i].members);
		struct world w;

		world_init(&w, members);
		assert_true(world_render(
		    &w, "{\"event\":{\"v\":\"\\\"<&> \\n\"}}", NULL, NULL));
		check(members, w.request.body, modes[i].want);
		world_fini(&w);
		free(members);
	}
}

/* --- URL, parameters, headers --------------------------------------------- */

static const struct {
	const char *url, *params, *want;
} urls[] = {
    {"https://a.example/hook", NULL, "https://a.example/hook"},
    {"https://a.example/{{userId}}?c={{event.total}}", NULL,
     "https://a.example/u-1?c=1e3"},
    {"https://a.example", "{\"v\":\"{{tier}}\"}", "https://a.example?v=gold"},
    {"https://a.example/h?a=1", "{\"v\":\"{{tier}}\",\"w\":\"x y\"}",
     "https://a.example/h?a=1&v=gold&w=x%20y"},
    {"https://a.example/h?", "{\"v\":\"1\"}", "https://a.example/h?v=1"},
    {"https://a.example/h?a=1&", "{\"v\":\"1\"}",
     "https://a.example/h?a=1&v=1"},
    {"https://a.example/h", "{}", "https://a.example/h"},
    {"https://a.example/h", "{\"a&b=c\":\"1&2=3#4\"}",
     "https://a.example/h?a%26b%3Dc=1%262%3D3%234"},
    {"https://a.example/h", "{\"e\":\"{{email}}\",\"n\":\"{{nope}}\"}",
     "https://a.example/h?e=ada%40example.com&n="},
    {"https://a.example/{{#if tier}}in{{else}}out{{/if}}", NULL,
     "https://a.example/in"},
    {"https://a.example/{{{event.path}}}", NULL, "https://a.example/x/y?z=1"},
    {"https://a.example/{{{event.hash}}}", "{\"v\":\"1\"}",
     "https://a.example/a?v=1"},
    {"HTTPS://A.example:8443/{{tier}}", NULL, "HTTPS://A.example:8443/gold"},
    {"http://a.example/{{tier}}", NULL, "http://a.example/gold"},
    {"https://a.example/../{{!-- a comment --}}x", NULL, NULL},
    {"https://a.example/a/../x", NULL, "https://a.example/a/../x"},
};

#define URL_CALL                                                        \
	"{\"email\":\"ada@example.com\",\"userId\":\"u-1\",\"event\":{" \
	"\"total\":1e3,\"path\":\"x/y?z=1\",\"hash\":\"a#b\"}}"

static void test_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		char *members = xasprintf("\"url\":\"%s\"", urls[i].url);
		struct world w;

		world_init(&w, members);
		if (!urls[i].want) {
			assert_null(w.plan);
		} else if (!world_render(&w, URL_CALL, urls[i].params,
					 STORED)) {
			fail_msg("%s: %s", urls[i].url, w.fault.text);
		} else {
			check(urls[i].url, slice_of(w.request.url),
			      urls[i].want);
		}
		world_fini(&w);
		free(members);
	}
}

static void test_headers(void **state)
{
	struct world w;
	(void)state;

	world_init(&w, "\"headers\":{\"X-Tier\":\"{{tier}}/{{userId}}\","
		       "\"X-Plain\":\"k\",\"X-Empty\":\"{{nope}}\","
		       "\"Host\":\"evil.example\",\"webhook-id\":\"{{x}}\"}");
	assert_true(world_render(&w, CALL, NULL, STORED));
	assert_string_equal(world_headers(&w),
			    "X-Tier: gold/u-1\nX-Plain: k\nX-Empty: \n");
	world_fini(&w);
	world_init(&w, "\"headers\":{\"authorization\":\"{{tier}}\"}");
	assert_true(world_render(&w, CALL, NULL, STORED));
	assert_string_equal(world_headers(&w), "authorization: gold\n");
	world_fini(&w);
	world_init(&w, "\"headers\":{\"Authorization\":\"{{tier}}\"},\"auth\":"
		       "{\"type\":\"bearer\",\"token\":\"t\"}");
	assert_true(world_render(&w, CALL, NULL, STORED));
	assert_int_equal(w.request.n_headers, 0);
	world_fini(&w);
}

/* --- the host ------------------------------------------------------------- */

#define HOSTS ",\"hosts\":[\"eu.example.com\",\"*.api.example\"]"

static const struct {
	const char *members, *call;
	const char *want; /* of the rendering; NULL: refused */
} hosts[] = {
    {"\"url\":\"https://{{event.h}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"eu.example.com\"}}", "https://eu.example.com/x"},
    {"\"url\":\"https://{{event.h}}\"" HOSTS,
     "{\"event\":{\"h\":\"EU.Example.Com\"}}", "https://EU.Example.Com"},
    {"\"url\":\"https://{{event.h}}.api.example/x\"" HOSTS,
     "{\"event\":{\"h\":\"a.b\"}}", "https://a.b.api.example/x"},
    {"\"url\":\"https://{{event.h}}.api.example:8443/x\"" HOSTS,
     "{\"event\":{\"h\":\"a\"}}", "https://a.api.example:8443/x"},
    {"\"url\":\"https://{{event.h}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"api.example\"}}", NULL},
    {"\"url\":\"https://{{event.h}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"evil.example\"}}", NULL},
    {"\"url\":\"https://{{event.h}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"xeu.example.com\"}}", NULL},
    {"\"url\":\"https://{{event.h}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"eu.example.com.evil.example\"}}", NULL},
    {"\"url\":\"https://{{event.h}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"eu.example.com:8443\"}}", NULL},
    {"\"url\":\"https://{{{event.h}}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"eu.example.com:8443\"}}", NULL},
    {"\"url\":\"https://{{{event.h}}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"me@eu.example.com\"}}", NULL},
    {"\"url\":\"https://{{{event.h}}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"evil.example/eu.example.com\"}}", NULL},
    {"\"url\":\"https://{{{event.h}}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"evil.example#eu.example.com\"}}", NULL},
    {"\"url\":\"https://{{{event.h}}}.api.example/x\"" HOSTS,
     "{\"event\":{\"h\":\"evil.example\\\\\"}}", NULL},
    {"\"url\":\"https://{{event.h}}/x\"" HOSTS, "{}", NULL},
    {"\"url\":\"https://{{event.h}}/x\"" HOSTS,
     "{\"event\":{\"h\":\"127.0.0.1\"}}", NULL},
};

static void test_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		struct world w;
		bool ok;

		world_init(&w, hosts[i].members);
		ok = world_render(&w, hosts[i].call, NULL, NULL);
		if (ok != (hosts[i].want != NULL))
			fail_msg("%s %s: %s", hosts[i].members, hosts[i].call,
				 ok ? w.request.url : w.fault.text);
		if (ok)
			assert_string_equal(w.request.url, hosts[i].want);
		else
			assert_string_equal(w.fault.field, "url");
		assert_int_equal(journey_plan_at(w.plan)->host.n, 0);
		assert_true(journey_plan_at(w.plan)->https);
		world_fini(&w);
	}
}

static void test_at(void **state)
{
	struct world w;
	(void)state;

	world_init(&w, "\"url\":\"http://a.example:81/{{x}}\"");
	assert_true(slice_eq_str(journey_plan_at(w.plan)->host, "a.example"));
	assert_int_equal(journey_plan_at(w.plan)->port, 81);
	assert_false(journey_plan_at(w.plan)->https);
	world_fini(&w);
}

/* --- faults --------------------------------------------------------------- */

static const struct {
	const char *members, *field, *text;
} refused[] = {
    {"\"url\":\"{{event.url}}\"", "url", "must begin with"},
    {"\"url\":\"{{event.url}}\"" HOSTS, "url", "must begin with"},
    {"\"url\":\"http{{event.s}}://a.example/\"" HOSTS, "url", "must begin"},
    {"\"url\":\"https://{{event.h}}/x\"", "url", "hosts"},
    {"\"url\":\"https://a.example{{event.path}}\"", "url", "hosts"},
    {"\"url\":\"https://a.example:{{event.port}}/\"", "url", "hosts"},
    {"\"url\":\"https://{{event.u}}@a.example/\"" HOSTS, "url", "user name"},
    {"\"url\":\"https://a.example:1{{event.p}}/\"" HOSTS, "url", "port"},
    {"\"url\":\"ftp://a.example/{{x}}\"", "url", "https://"},
    {"\"url\":\"https://a.example/a b\"", "url", "space"},
    {"\"url\":\"https://a.example/{{x\"", "url", ""},
    {"\"url\":\"https://a.example/{{x}}/../y\"", "url", "segment"},
    {"\"url\":\"https://a.example/{{x}}/%2E%2e/y\"", "url", "segment"},
    {"\"url\":\"https://a.example/{{#if x}}\"", "url", "line 1, column"},
    {"\"headers\":{\"X-Name\":\"{{\"}", "headers.X-Name", "line 1, column"},
    {"\"headers\":{\"X Name\":\"v\"}", "headers.X Name", "no name"},
    {"\"body\":\"a\\n{{#each x}}\"", "body", "line"},
    {"\"body\":\"a\\nbc {{noSuchHelper x}}\"", "body", "line 2, column"},
    {"\"method\":\"GET\",\"capture\":{\"profileFields\":{\"tier\":\"$[\"}}",
     "capture.profileFields.tier", ""},
    {"\"dataRetrieval\":{\"enabled\":true,\"name\":\"w\",\"fields\":{\"sky\":"
     "{\"path\":\"sky\",\"type\":\"string\"}}}",
     "dataRetrieval.fields.sky.path", ""},
    {"\"dataRetrieval\":{\"enabled\":true,\"name\":\"w\",\"fields\":{\"sky\":"
     "{\"path\":\"$.sky\",\"type\":\"colour\"}}}",
     "dataRetrieval.fields.sky.type", ""},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct world w;

		world_init(&w, refused[i].members);
		if (w.plan)
			fail_msg("taken: %s", refused[i].members);
		if (strcmp(w.fault.field, refused[i].field) != 0 ||
		    !strstr(w.fault.text, refused[i].text))
			fail_msg("%s: %s: %s", refused[i].members,
				 w.fault.field, w.fault.text);
		world_fini(&w);
	}
}

static const struct {
	const char *members, *params, *field;
} missing[] = {
    {"\"missing\":\"fail\",\"body\":\"x {{nope}}\"", NULL, "body"},
    {"\"missing\":\"fail\",\"url\":\"https://a.example/{{nope}}\"", NULL,
     "url"},
    {"\"missing\":\"fail\",\"headers\":{\"X-A\":\"{{nope}}\"}", NULL,
     "headers.X-A"},
    {"\"missing\":\"fail\"", "{\"v\":\"{{nope}}\"}", "params.v"},
    {"\"missing\":\"fail\"", "{\"v\":\"{{liveData.weather.wind}}\"}",
     "params.v"},
    {"", "{\"v\":\"{{\"}", "params.v"},
    {"", "{\"v\":1}", "params.v"},
    {"\"missing\":\"fail\",\"body\":\"{{tier}}\"", "{\"v\":\"{{email}}\"}",
     NULL},
    {"\"missing\":\"empty\",\"body\":\"{{nope}}\"", "{\"v\":\"{{nope}}\"}",
     NULL},
};

static void test_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(missing) / sizeof(*missing); i++) {
		struct world w;
		bool ok;

		world_init(&w, missing[i].members);
		ok = world_render(&w, CALL, missing[i].params, STORED);
		if (ok != !missing[i].field ||
		    (!ok && strcmp(w.fault.field, missing[i].field) != 0))
			fail_msg("%s %s: %s: %s", missing[i].members,
				 missing[i].params, w.fault.field,
				 w.fault.text);
		world_fini(&w);
	}
}

/* --- limits --------------------------------------------------------------- */

static char *call_with(const char *piece, size_t n)
{
	struct buf out;

	buf_init(&out, (size_t)4 * 1024 * 1024);
	buf_append_str(&out, "{\"event\":{\"v\":\"");
	while (n-- > 0)
		buf_append_str(&out, piece);
	buf_append(&out, "\"}}", 4);
	return buf_take(&out, &n);
}

static void assert_limit(const char *members, const char *field, size_t most)
{
	char *good = call_with("x", most), *bad = call_with("x", most + 1);
	struct world w;

	world_init(&w, members);
	assert_true(world_render(&w, good, NULL, NULL));
	assert_false(world_render(&w, bad, NULL, NULL));
	assert_string_equal(w.fault.field, field);
	/* A renderer that has failed renders on. */
	assert_true(world_render(&w, good, NULL, NULL));
	world_fini(&w);
	free(good);
	free(bad);
}

static void test_limits(void **state)
{
	static const char url[] = "https://a.example/";
	(void)state;

	assert_limit("\"url\":\"https://a.example/{{event.v}}\"", "url",
		     JOURNEY_URL_BYTES_MAX - (sizeof(url) - 1));
	assert_limit("\"headers\":{\"X-V\":\"{{event.v}}\"}", "headers.X-V",
		     JOURNEY_HEADER_BYTES_MAX - 1);
	assert_limit("\"body\":\"{{event.v}}\"", "body",
		     JOURNEY_BODY_BYTES_MAX);
}

/* Parameters of more templates than are kept. */
static void test_many_params(void **state)
{
	struct world w;
	(void)state;

	world_init(&w, "");
	for (unsigned i = 0; i < 1000; i++) {
		char params[64], want[64];

		(void)snprintf(params, sizeof(params),
			       "{\"p\":\"{{tier}}-%u\"}", i % 300);
		(void)snprintf(want, sizeof(want),
			       "https://a.example/hook?p=gold-%u", i % 300);
		assert_true(world_render(&w, CALL, params, STORED));
		assert_string_equal(w.request.url, want);
	}
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_context),
	    cmocka_unit_test(test_large_profiles),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_sparse_calls),
	    cmocka_unit_test(test_modes),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_at),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_many_params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
