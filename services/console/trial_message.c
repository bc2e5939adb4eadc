/*
 * trial_message - what a test send sends.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "trial_message.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/messages.h"

#define FALLBACK "emailSend"
#define USER_BYTES_MAX 1024

/* Those that receivers get, in their order, then those of a publisher's message
 * that have no meaning here. */
static const char *const known[] = {
    "email", "userId",	  "eventName",	 "dataFields",	"op", "project",
    "id",    "createdAt", "orderingKey", "expiresInMs", NULL};
enum { RECEIVED_N = 4 };

static bool check_text(const json_t *message, const char *name, size_t max,
		       struct fault *f)
{
	const json_t *value = json_object_get(message, name);
	const char *text = json_string_value(value);
	char field[64] = "message.";

	strncat(field, name, sizeof(field) - 16);
	if (!value || (text && *text && strlen(text) <= max &&
		       strlen(text) == json_string_length(value)))
		return true;
	return fault_invalid(f, field,
			     "a text is wanted, not empty and not too long");
}

static bool check(const json_t *message, struct fault *f)
{
	const json_t *data = json_object_get(message, "dataFields");
	const char *name;
	json_t *value;

	if (!json_is_object(message))
		return fault_invalid(f, "message", "an object is wanted");
	json_object_foreach((json_t *)message, name, value)
	{
		if (is_one_of(name, known))
			continue;
		fault_set(f, "unknown_field", "message",
			  "a message has no such field");
		return false;
	}
	if (!json_object_get(message, "eventName"))
		return fault_invalid(f, "message.eventName", "it is missing");
	if (!check_text(message, "eventName", EVENT_NAME_BYTES_MAX, f) ||
	    !check_text(message, "email", USER_BYTES_MAX, f) ||
	    !check_text(message, "userId", USER_BYTES_MAX, f))
		return false;
	return !data || json_is_object(data) ||
	       fault_invalid(f, "message.dataFields", "an object is wanted");
}

/* What a receiver gets of it, in the usual order. New. */
static json_t *received(const json_t *message)
{
	json_t *out = json_object();

	for (size_t i = 0; i < RECEIVED_N; i++)
		if (json_object_get(message, known[i]))
			json_object_set(out, known[i],
					json_object_get(message, known[i]));
	return out;
}

static json_t *sample(const struct catalogue *c, const struct webhook *w)
{
	json_t *message = NULL;

	for (size_t i = 0; !message && i < w->n_event_names; i++)
		message = catalogue_sample(c, slice_of(w->event_names[i]));
	return message ? message : catalogue_sample(c, SLICE_LIT(FALLBACK));
}

/* The caller owns it. */
static json_t *chosen(const struct catalogue *catalogue,
		      const struct webhook *w, const json_t *request,
		      struct fault *fault)
{
	json_t *given = json_object_get(request, "message");
	json_t *name = json_object_get(request, "eventName");
	json_t *message = NULL;

	if (given && name) {
		fault_invalid(fault, "eventName", "a message has its own");
	} else if (given) {
		if (check(given, fault))
			message = json_incref(given);
	} else if (name) {
		message = catalogue_sample(catalogue,
					   slice_of(json_string_value(name)));
		if (!message)
			fault_invalid(
			    fault, "eventName",
			    "it is not in the catalogue: give a message");
	} else {
		message = sample(catalogue, w);
	}
	return message;
}

static char *body_of(const struct webhook *w, const json_t *message)
{
	char *text =
	    json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(15));
	char *array;

	must(text);
	if (w->batch_events == 0)
		return text;
	array = xasprintf("[%s]", text);
	free(text);
	return array;
}

static bool journey_call(const json_t *request, struct sample *out,
			 struct fault *fault)
{
	if (json_object_get(request, "eventName"))
		return fault_invalid(
		    fault, "eventName",
		    "a journey's webhook is sent a journey's call");
	return sample_read(out, json_object_get(request, "message"), "message.",
			   fault);
}

bool trial_message(const struct catalogue *catalogue, const struct webhook *w,
		   const json_t *request, struct sample *out,
		   struct fault *fault)
{
	json_t *message;

	*out = (struct sample){0};
	if (w->is_journey)
		return journey_call(request, out, fault);
	message = chosen(catalogue, w, request, fault);
	if (!message)
		return false;
	out->message = received(message);
	out->body = body_of(w, out->message);
	json_decref(message);
	return true;
}
