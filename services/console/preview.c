/*
 * preview - the request that a call of a journey would make; nothing is sent.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "check_journey.h"
#include "compose.h"
#include "console.h"
#include "draft_env.h"
#include "draft_fields.h"
#include "write.h"

struct preview {
	struct sample sample;
	struct draft draft; /* doc: owned; of one that is not saved */
};

static void preview_free(void *state)
{
	struct preview *p = state;

	sample_fini(&p->sample);
	json_decref(p->draft.doc);
	explicit_bzero(&p->draft, sizeof(p->draft));
}

/* 422: the request was understood, but this call cannot be made. */
static void answer_fault(struct call *call, const struct fault *fault)
{
	call_problem(call, 422, fault->code,
		     fault->field[0] ? fault->field : NULL, "%s",
		     fault->detail);
}

static void answer(struct call *call, const json_t *doc)
{
	const struct preview *p = call->state;
	struct draft_env env = draft_env_of(call, text_field(doc, "project"));
	struct fault fault = {0};
	json_t *view;

	if (!is_journey(doc)) {
		call_problem(call, 409, "not_a_journey", NULL,
			     "only a journey's webhook has a preview");
		return;
	}
	view = compose_preview(&env, doc, &p->sample, &fault);
	if (view)
		call_json(call, 200, view);
	else
		answer_fault(call, &fault);
}

/* --- one that is saved ---------------------------------------------------- */

static void on_document(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *doc = own_document(call, e, reply);

	if (doc)
		answer(call, doc);
	json_decref(doc);
}

void webhook_preview(struct call *call)
{
	struct preview *p = call_state(call, sizeof(*p), preview_free);
	struct slice text = http_body(call->req);
	struct fault fault = {0};

	if (text.n > 0 && !call_read_object(call))
		return;
	if (sample_read(&p->sample, call->body, "", &fault))
		read_own(call, CONFIG_WEBHOOK, on_document);
	else
		call_fault(call, &fault);
}

/* --- one that is not ------------------------------------------------------ */

static bool refuse_webhook(struct fault *f)
{
	char inner[FIELD_SIZE];

	memcpy(inner, f->field, sizeof(inner));
	snprintf(f->field, sizeof(f->field), "webhook%s%.140s",
		 inner[0] ? "." : "", inner);
	return false;
}

static bool draft_of(struct call *call, const char *project, struct fault *f)
{
	struct preview *p = call->state;
	const json_t *webhook = json_object_get(call->body, "webhook");
	struct draft_env env = draft_env_of(call, project);
	struct ulid id = ulid_new(wall_ms());
	char text[ID_TEXT_SIZE];

	if (!json_is_object(webhook))
		return fault_invalid(f, "webhook", "an object is wanted");
	return draft_new(&env, ulid_format(text, "wh", &id), webhook, &p->draft,
			 f) ||
	       refuse_webhook(f);
}

void draft_preview(struct call *call)
{
	static const char *const allowed[] = {"webhook", "sample", NULL};
	struct preview *p = call_state(call, sizeof(*p), preview_free);
	char project[PROJECT_ID_MAX + 1];
	struct fault fault = {0};

	if (!call_read_body(call, allowed, false))
		return;
	must(slice_cstr(project, sizeof(project), call->params[0]));
	if (sample_read(&p->sample, json_object_get(call->body, "sample"),
			"sample.", &fault) &&
	    draft_of(call, project, &fault))
		answer(call, p->draft.doc);
	else
		call_fault(call, &fault);
}
