/*
 * wants - which webhooks an event goes to by today's configuration.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wants.h"

#include <string.h>

#include "filter/document.h"
#include "filter/filter.h"

struct wants wants_of(const struct msg_event *event)
{
	return (struct wants){.project = event->project,
			      .name = event->name,
			      .body = event->body,
			      .told = event->webhook};
}

struct wants wants_of_attempt(const struct msg_attempt *attempt)
{
	return (struct wants){.project = attempt->project,
			      .name = attempt->event_name,
			      .told = attempt->webhook};
}

bool webhook_names(const struct webhook *w, struct slice project,
		   struct slice event_name)
{
	if (!w->enabled || !slice_eq_str(project, w->project))
		return false;
	for (size_t i = 0; i < w->n_event_names; i++)
		if (!strcmp(w->event_names[i], "*") ||
		    slice_eq_str(event_name, w->event_names[i]))
			return true;
	return false;
}

/* A journey's call has no name, and goes to the one webhook that it names. */
static bool is_called(const struct wants *q, const struct webhook *w)
{
	return w->is_journey && w->enabled && q->name.n == 0 &&
	       slice_eq_str(q->project, w->project) &&
	       slice_eq(q->told, ulid_slice(&w->id));
}

bool wants_webhook(struct wants *q, const struct webhook *w)
{
	if (w->is_journey || q->name.n == 0)
		return is_called(q, w);
	if (!webhook_names(w, q->project, q->name))
		return false;
	if (!w->filter)
		return true;
	if (q->body.n == 0)
		return slice_eq(q->told, ulid_slice(&w->id));
	if (!q->document) {
		q->document = document_new();
		q->message = document_read(q->document, NULL, q->body);
	}
	return filter_holds(w->filter, q->message);
}

void wants_end(struct wants *q)
{
	document_free(&q->document);
}
