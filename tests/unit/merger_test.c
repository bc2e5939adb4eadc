/*
 * merger_test - the URL of one message's request.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "merger.h"
#include "net/url.h"
#include "store/webhook.h"

#define START "https://a.example:8443/"

static struct plan *plan_of(struct plans *plans, const char *url)
{
	char *text = xasprintf("{\"id\":\"wh_01HZX5K3Q8M4Z2V7B9N6C1D0FG\","
			       "\"project\":\"acme\",\"name\":\"w\",\"url\":"
			       "\"%s\",\"eventNames\":[\"*\"],\"version\":1}",
			       url);
	struct webhook_source source = {.document = slice_of(text),
					.with_request = true};
	struct webhook *w = NULL;
	const char *fault = "";
	struct plan *plan;

	assert_int_equal(webhook_parse(&source, &w, &fault), ERR_OK);
	plan = plans_get(plans, w);
	webhook_unref(&w);
	free(text);
	return plan;
}

/* A message whose field is so many letters. */
static char *message_of(size_t n)
{
	char *letters = xcalloc(n + 1, 1), *text;

	memset(letters, 'x', n);
	text = xasprintf("{\"dataFields\":{\"a\":\"%s\"}}", letters);
	free(letters);
	return text;
}

static void only_plans_with_fields_have_one(void **state)
{
	struct plans *plans = plans_new(8, false);
	(void)state;

	assert_null(plan_of(plans, START "x")->merge);
	assert_non_null(plan_of(plans, START "{{a}}")->merge);
	assert_int_equal(plan_of(plans, START "{{a}}")->fault, FAULT_NONE);
	/* Another hand than the console's wrote it. */
	assert_int_equal(plan_of(plans, START "{{a")->fault, FAULT_URL_REFUSED);
	assert_int_equal(plan_of(plans, "https://{{a}}/")->fault,
			 FAULT_URL_REFUSED);
	plans_free(&plans);
}

static void each_message_has_its_own(void **state)
{
	struct plans *plans = plans_new(8, false);
	const struct plan *plan = plan_of(plans, START "{{a}}?b={{b}}");
	struct merger *m = merger_new();
	(void)state;

	assert_string_equal(
	    merger_url(m, plan, SLICE_LIT("{\"dataFields\":{\"a\":\"/\"}}")),
	    START "%2F?b=");
	assert_null(
	    merger_url(m, plan, SLICE_LIT("{\"dataFields\":{\"a\":\".\"}}")));
	assert_string_equal(
	    merger_url(m, plan, SLICE_LIT("{\"dataFields\":{\"b\":1.0}}")),
	    START "?b=1.0");
	merger_free(&m);
	plans_free(&plans);
}

static void the_limit_is_exact(void **state)
{
	const size_t fits = URL_RENDERED_BYTES_MAX - strlen(START);
	struct plans *plans = plans_new(8, false);
	const struct plan *plan = plan_of(plans, START "{{a}}");
	struct merger *m = merger_new();
	char *text = message_of(fits);
	const char *url = merger_url(m, plan, slice_of(text));
	(void)state;

	assert_non_null(url);
	assert_int_equal(strlen(url), URL_RENDERED_BYTES_MAX);
	free(text);
	text = message_of(fits + 1);
	assert_null(merger_url(m, plan, slice_of(text)));
	free(text);
	text = message_of(100 * fits);
	assert_null(merger_url(m, plan, slice_of(text)));
	free(text);
	merger_free(&m);
	plans_free(&plans);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_plans_with_fields_have_one),
	    cmocka_unit_test(each_message_has_its_own),
	    cmocka_unit_test(the_limit_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
