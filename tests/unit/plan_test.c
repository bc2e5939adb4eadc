/*
 * plan_test - header lines, authorization, URLs, and the cache.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "plan.h"
#include "store/webhook.h"

#define ID "wh_01HZX5K3Q8M4Z2V7B9N6C1D0FG"

/* A webhook with this URL and, behind a comma, these members. */
static struct webhook *webhook(const char *id, const char *url,
			       const char *members)
{
	char text[2048];
	struct webhook_source source = {.with_request = true};
	struct webhook *w = NULL;
	const char *fault = "";

	(void)snprintf(text, sizeof(text),
		       "{\"id\":\"%s\",\"project\":\"acme\",\"name\":\"w\","
		       "\"kind\":\"system\",\"enabled\":true,\"url\":\"%s\","
		       "\"method\":\"POST\",\"eventNames\":[\"*\"],"
		       "\"version\":1%s}",
		       id, url, members);
	source.document = slice_of(text);
	if (webhook_parse(&source, &w, &fault) != ERR_OK)
		fail_msg("%s: %s", fault, text);
	return w;
}

static struct plan *make(struct plans *plans, const char *url,
			 const char *members)
{
	struct webhook *w = webhook(ID, url, members);
	struct plan *plan = plans_get(plans, w);

	webhook_unref(&w);
	return plan;
}

static bool has_line(const struct plan *plan, const char *line)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_headers; i++)
		n += strcmp(plan->headers[i], line) == 0;
	return n == 1;
}

static void headers(void **state)
{
	struct plans *plans = plans_new(8, false);
	struct plan *plan = make(plans, "https://example.com/", "");

	(void)state;
	assert_int_equal(plan->n_headers, 2);
	assert_true(has_line(plan, "Content-Type: application/json"));
	assert_true(has_line(plan, "User-Agent: Postrider/" POSTRIDER_VERSION));
	assert_int_equal(plan->fault, FAULT_NONE);
	assert_true(plan->at.https);
	plan = make(plans, "https://example.com/",
		    ",\"contentType\":\"text/plain\",\"headers\":{"
		    "\"X-Api-Key\":\"k 1\",\"X-Empty\":\"\","
		    "\"user-agent\":\"mine\"}");
	assert_int_equal(plan->n_headers, 4);
	assert_true(has_line(plan, "Content-Type: text/plain"));
	assert_true(has_line(plan, "X-Api-Key: k 1"));
	assert_true(has_line(plan, "X-Empty;"));
	assert_true(has_line(plan, "user-agent: mine"));
	/* Whoever wrote the document: these are not sent. */
	plan = make(plans, "https://example.com/",
		    ",\"headers\":{\"host\":\"a\",\"Content-Length\":\"1\","
		    "\"Proxy-Authorization\":\"b\",\"webhook-id\":\"c\","
		    "\"Upgrade\":\"h2c\",\"X-Blank\":\" \\t\"}");
	assert_int_equal(plan->n_headers, 3);
	assert_true(has_line(plan, "X-Blank;"));
	plans_free(&plans);
}

static void authorization(void **state)
{
	struct plans *plans = plans_new(8, false);
	struct plan *plan;

	(void)state;
	plan = make(plans, "https://example.com/",
		    ",\"auth\":{\"type\":\"basic\",\"username\":\"Aladdin\","
		    "\"password\":\"open sesame\"},"
		    "\"headers\":{\"authorization\":\"other\"}");
	assert_true(has_line(
	    plan, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
	assert_int_equal(plan->n_headers, 3);
	plan = make(plans, "https://example.com/",
		    ",\"auth\":{\"type\":\"bearer\",\"token\":\"t0k\"}");
	assert_true(has_line(plan, "Authorization: Bearer t0k"));
	plan =
	    make(plans, "https://example.com/",
		 ",\"auth\":{\"type\":\"bearer\",\"token\":\"a\\r\\nB: c\"}");
	assert_int_equal(plan->fault, FAULT_HEADER_REFUSED);
	/* Each request brings its own. */
	plan = make(plans, "https://example.com/",
		    ",\"auth\":{\"type\":\"oauth2\",\"credential\":"
		    "\"cred_01HZX5K3Q8M4Z2V7B9N6C1D0FG\"},"
		    "\"headers\":{\"authorization\":\"other\"}");
	assert_int_equal(plan->fault, FAULT_NONE);
	assert_int_equal(plan->n_headers, 2);
	plans_free(&plans);
}

static void urls(void **state)
{
	static const struct {
		const char *url;
		bool strict, dev;
	} rows[] = {
	    {"https://example.com/x?y=z", true, true},
	    {"HTTPS://example.com/", true, true},
	    {"http://example.com/", false, true},
	    {"ftp://example.com/", false, false},
	    {"file:///etc/passwd", false, false},
	    {"example.com", false, false},
	    {"https://example.com/a b", false, false},
	    {"https://example.com/\\r\\nX: y", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct plans *strict = plans_new(8, false);
		struct plans *dev = plans_new(8, true);

		assert_int_equal(make(strict, rows[i].url, "")->fault ==
				     FAULT_NONE,
				 rows[i].strict);
		assert_int_equal(make(dev, rows[i].url, "")->fault ==
				     FAULT_NONE,
				 rows[i].dev);
		plans_free(&strict);
		plans_free(&dev);
	}
}

static void cache(void **state)
{
	struct plans *plans = plans_new(2, false);
	char id[sizeof(ID)] = ID;
	struct webhook *w[3], *newer;
	struct plan *first, *kept;

	(void)state;
	for (int i = 0; i < 3; i++) {
		id[sizeof(id) - 2] = (char)('1' + i);
		w[i] = webhook(id, "https://example.com/", "");
	}
	first = plans_get(plans, w[0]);
	assert_ptr_equal(plans_get(plans, w[0]), first);
	kept = plan_ref(first);
	assert_non_null(plans_get(plans, w[1]));
	assert_false(kept->stale);
	assert_non_null(plans_get(plans, w[2])); /* the oldest is dropped */
	assert_true(kept->stale);
	assert_true(plans_get(plans, w[0]) != kept);
	plan_unref(&kept);
	/* A new state of the same webhook replaces the plan. */
	newer = webhook(id, "https://example.com/2", "");
	kept = plan_ref(plans_get(plans, w[2]));
	assert_string_equal(plans_get(plans, newer)->webhook->url,
			    "https://example.com/2");
	assert_true(kept->stale);
	plan_unref(&kept);
	for (int i = 0; i < 3; i++)
		webhook_unref(&w[i]);
	webhook_unref(&newer);
	plans_free(&plans);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(headers),
	    cmocka_unit_test(authorization),
	    cmocka_unit_test(urls),
	    cmocka_unit_test(cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
