/*
 * journey_world - a webhook, its plan and a renderer, for tests of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journey_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/webhook.h"

static struct webhook *webhook_of(const char *members)
{
	const char *url = strstr(members, "\"url\"")
			      ? ""
			      : "\"url\":\"https://a.example/hook\",";
	char *text =
	    xasprintf("{\"id\":\"wh_01HZX5K3Q8M4Z2V7B9N6C1D0FG\","
		      "\"project\":\"acme\",\"name\":\"w\",\"version\":1,"
		      "\"kind\":\"journey\",%s%s%s\"enabled\":true}",
		      url, members, *members ? "," : "");
	struct webhook_source source = {.document = slice_of(text),
					.with_request = true};
	struct webhook *w = NULL;
	const char *fault = "";

	if (webhook_parse(&source, &w, &fault) != ERR_OK)
		fail_msg("%s: %s", fault, text);
	free(text);
	return w;
}

void world_init(struct world *w, const char *members)
{
	struct webhook *webhook = webhook_of(members);

	*w = (struct world){.renderer = journey_renderer_new()};
	w->plan = journey_plan_new(webhook, &w->fault);
	buf_init(&w->values, (size_t)128 * 1024);
	/* Nothing of it is borrowed. */
	webhook_unref(&webhook);
}

void world_fini(struct world *w)
{
	journey_plan_free(&w->plan);
	journey_renderer_free(&w->renderer);
	buf_fini(&w->values);
}

bool world_render(struct world *w, const char *call, const char *params,
		  const char *stored)
{
	const struct journey_input in = {
	    .body = slice_of(call),
	    .params = slice_of(params),
	    .stored = slice_of(stored),
	    .wall_ms = WORLD_WALL_MS,
	};

	if (!w->plan)
		fail_msg("%s: %s", w->fault.field, w->fault.text);
	return journey_render(w->renderer, w->plan, &in, &w->request,
			      &w->fault);
}

bool world_take(struct world *w, enum tile tile, const char *answer,
		bool truncated)
{
	bool ok;

	buf_reset(&w->values);
	ok = journey_take(w->plan, w->renderer, tile, slice_of(answer),
			  truncated, &w->values, w->error, sizeof(w->error));
	buf_append_char(&w->values, '\0');
	return ok;
}

const char *world_headers(struct world *w)
{
	buf_reset(&w->values);
	for (size_t i = 0; i < w->request.n_headers; i++)
		buf_printf(&w->values, "%s: %s\n", w->request.headers[i].name,
			   w->request.headers[i].value);
	buf_append_char(&w->values, '\0');
	return w->values.p;
}
