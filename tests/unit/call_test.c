/*
 * call_test - journeys' calls as requests: lines, errors, what is kept.
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
#include "call.h"
#include "store/webhook.h"

#define TEMPLATES                                                       \
	"\"url\":\"https://a.example:8443/{{userId}}\",\"body\":"       \
	"\"{{event.v}}\",\"headers\":{\"X-V\":\"{{event.v}}\",\"X-K\":" \
	"\"k\"}"

struct scene {
	struct plans *plans;
	struct plan *plan; /* borrowed */
	struct caller *caller;
	struct task *task;
	char error[512];
};

static struct plan *plan_of(struct plans *plans, const char *members)
{
	char *text = xasprintf("{\"id\":\"wh_01HZX5K3Q8M4Z2V7B9N6C1D0FG\","
			       "\"project\":\"acme\",\"name\":\"w\",\"kind\":"
			       "\"journey\",\"version\":1,%s}",
			       members);
	struct webhook_source source = {.document = slice_of(text),
					.with_request = true};
	struct webhook *w = NULL;
	const char *fault = "";
	struct plan *plan;

	if (webhook_parse(&source, &w, &fault) != ERR_OK)
		fail_msg("%s: %s", fault, text);
	plan = plans_get(plans, w);
	webhook_unref(&w);
	free(text);
	return plan;
}

static struct task *task_of(const char *body, const char *params, uint64_t tile)
{
	static const uint8_t raw[16] = {1};
	struct msg_task m = {
	    .event = slice_bytes(raw, sizeof(raw)),
	    .webhook = slice_bytes(raw, sizeof(raw)),
	    .body = slice_of(body),
	    .params = slice_of(params),
	    .stored = SLICE_LIT("{\"profile\":{\"tier\":\"gold\"}}"),
	    .tile = tile,
	};

	return task_new(1, &m);
}

static void scene_init(struct scene *s, const char *members, const char *body,
		       const char *params, uint64_t tile)
{
	s->plans = plans_new(8, false);
	s->plan = plan_of(s->plans, members);
	s->caller = caller_new(false);
	s->task = task_of(body, params, tile);
	s->error[0] = '\0';
}

static void scene_fini(struct scene *s)
{
	task_free(&s->task);
	caller_free(&s->caller);
	plans_free(&s->plans);
}

static struct call *render(struct scene *s)
{
	return caller_render(s->caller, s->plan, s->task, 0, s->error,
			     sizeof(s->error));
}

static void a_call_is_rendered(void **state)
{
	struct scene s;
	struct call *call;
	(void)state;

	scene_init(&s, TEMPLATES,
		   "{\"userId\":\"u/1\",\"event\":{\"v\":\" x\"}}",
		   "{\"t\":\"{{tier}}\"}", TILE_webhook);
	call = render(&s);
	assert_non_null(call);
	assert_string_equal(call->url, "https://a.example:8443/u%2F1?t=gold");
	assert_true(slice_eq_str(call->at.host, "a.example"));
	assert_int_equal(call->at.port, 8443);
	assert_true(slice_eq_str(call->body, " x"));
	assert_int_equal(call->n_lines, 2);
	assert_string_equal(call->lines[0], "X-V: x");
	assert_string_equal(call->lines[1], "X-K: k");
	/* It is a copy: the next one does not touch it. */
	task_free(&s.task);
	s.task = task_of("{\"userId\":\"u2\",\"event\":{\"v\":\"\"}}", "",
			 TILE_webhook);
	call_free(&call);
	call = render(&s);
	assert_string_equal(call->url, "https://a.example:8443/u2");
	assert_string_equal(call->lines[0], "X-V;");
	assert_non_null(call->body.p);
	assert_int_equal(call->body.n, 0);
	call_free(&call);
	scene_fini(&s);
}

static void an_error_says_where(void **state)
{
	static const struct {
		const char *members, *call, *params, *error;
	} rows[] = {
	    {TEMPLATES, "{\"userId\":\"..\"}", "", "template: url: a value"},
	    {TEMPLATES, "{\"event\":{\"v\":\"a\\r\\nb\"}}", "",
	     "template: headers.X-V: "},
	    {TEMPLATES, "{}", "{\"p\":\"{{\"}", "template: params.p: line 1, "},
	    {"\"url\":\"https://a.example/\",\"missing\":\"fail\",\"body\":"
	     "\"{{nope}}\"",
	     "{}", "", "template: body: line 1, column "},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct scene s;

		scene_init(&s, rows[i].members, rows[i].call, rows[i].params,
			   TILE_webhook);
		assert_null(render(&s));
		if (strncmp(s.error, rows[i].error, strlen(rows[i].error)) != 0)
			fail_msg("%s: %s", rows[i].call, s.error);
		scene_fini(&s);
	}
}

static void plans_of_journeys(void **state)
{
	static const char agent[] = "User-Agent: Postrider/" POSTRIDER_VERSION;
	struct plans *plans = plans_new(8, false);
	struct plan *plan;
	(void)state;

	plan = plan_of(plans, TEMPLATES);
	assert_int_equal(plan->fault, FAULT_NONE);
	assert_non_null(plan->journey);
	assert_null(plan->merge);
	assert_int_equal(plan->n_headers, 2);
	assert_string_equal(plan->headers[0], "Content-Type: application/json");
	assert_string_equal(plan->headers[1], agent);
	/* Without a body there is no type of it. */
	plan = plan_of(plans, "\"url\":\"https://a.example/\",\"method\":"
			      "\"DELETE\"");
	assert_int_equal(plan->n_headers, 1);
	assert_string_equal(plan->headers[0], agent);
	plan = plan_of(plans, "\"url\":\"http://a.example/\"");
	assert_int_equal(plan->fault, FAULT_URL_REFUSED);
	plan = plan_of(plans, "\"url\":\"https://a.example/\",\"body\":"
			      "\"{{#if x}}\"");
	assert_int_equal(plan->fault, FAULT_TEMPLATE_REFUSED);
	assert_null(plan->journey);
	assert_int_equal(strncmp(plan->error, "template: body: line", 20), 0);
	plans_free(&plans);
}

#define KEEPS                                                             \
	"\"url\":\"https://a.example/\",\"method\":\"GET\",\"capture\":{" \
	"\"profileFields\":{\"tier\":\"$.tier\"}},\"dataRetrieval\":{"    \
	"\"enabled\":true,\"name\":\"w\"}"

static void tiles_keep_answers(void **state)
{
	static const struct {
		uint64_t tile;
		bool keeps, needs;
	} rows[] = {
	    {TILE_none, false, false},	     {TILE_webhook, false, false},
	    {TILE_userProfile, true, false}, {TILE_liveData, true, true},
	    {TILE_exit, false, false},	     {77, false, false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct scene s;

		scene_init(&s, KEEPS, "{}", "", rows[i].tile);
		assert_int_equal(caller_keeps(s.plan, s.task), rows[i].keeps);
		assert_int_equal(caller_needs(s.task), rows[i].needs);
		scene_fini(&s);
	}
}

static void values_are_taken(void **state)
{
	struct slice values;
	struct scene s;
	(void)state;

	scene_init(&s, KEEPS, "{}", "", TILE_userProfile);
	assert_true(caller_take(s.caller, s.plan, s.task,
				SLICE_LIT("{\"tier\":1}"), false, &values,
				s.error, sizeof(s.error)));
	assert_true(slice_eq_str(values, "{\"tier\":1}"));
	assert_false(caller_take(s.caller, s.plan, s.task,
				 SLICE_LIT("{\"tier\":"), false, &values,
				 s.error, sizeof(s.error)));
	assert_int_equal(values.n, 0);
	assert_int_equal(strncmp(s.error, "capture: ", 9), 0);
	assert_false(caller_take(s.caller, s.plan, s.task, SLICE_LIT("{}"),
				 true, &values, s.error, sizeof(s.error)));
	scene_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_is_rendered),
	    cmocka_unit_test(an_error_says_where),
	    cmocka_unit_test(plans_of_journeys),
	    cmocka_unit_test(tiles_keep_answers),
	    cmocka_unit_test(values_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
