/*
 * webhook_journey - the flags of a webhook that journeys call.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "webhook_journey.h"

#include <string.h>

#include "base/slice.h"
#include "body.h"
#include "cli.h"

#define NAME_SIZE 256

/* "name=value"; the value may have any = of its own. NULL: it is none. */
static const char *cut_name(const char *text, char name[NAME_SIZE])
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text ||
	    !slice_cstr(name, NAME_SIZE,
			slice_bytes(text, (size_t)(equals - text))))
		return NULL;
	return equals + 1;
}

static bool set_captures(json_t *root, const struct args_list *list)
{
	char name[NAME_SIZE];

	for (size_t i = 0; i < list->n; i++) {
		const char *path = cut_name(list->items[i], name);

		if (!path) {
			cli_error(CLI_USAGE, "--capture is NAME=JSONPATH");
			return false;
		}
		if (!body_string(body_child(body_child(root, "capture"),
					    "profileFields"),
				 name, path))
			return false;
	}
	return true;
}

static bool set_data_field(json_t *fields, const char *text)
{
	char name[NAME_SIZE], type[NAME_SIZE];
	const char *rest = cut_name(text, name);
	const char *colon = rest ? strchr(rest, ':') : NULL;
	json_t *field;

	if (!colon || !slice_cstr(type, sizeof(type),
				  slice_bytes(rest, (size_t)(colon - rest)))) {
		cli_error(CLI_USAGE, "--data-field is NAME=TYPE:JSONPATH");
		return false;
	}
	field = body_child(fields, name);
	return body_string(field, "path", colon + 1) &&
	       body_string(field, "type", type);
}

static bool set_retrieval(json_t *root, const struct journey_flags *f)
{
	json_t *retrieval;

	if (!f->data_retrieval && f->data_fields.n == 0)
		return true;
	retrieval = body_child(root, "dataRetrieval");
	for (size_t i = 0; i < f->data_fields.n; i++)
		if (!set_data_field(body_child(retrieval, "fields"),
				    f->data_fields.items[i]))
			return false;
	return body_string(retrieval, "name", f->data_retrieval);
}

bool set_journey(json_t *root, const struct journey_flags *f)
{
	body_list(root, "hosts", &f->hosts);
	body_list(root, "sendProfileFields", &f->profile_fields);
	return body_string(root, "method", f->method) &&
	       body_file(root, "body", "body-file", f->body_file) &&
	       body_string(root, "escape", f->escape) &&
	       body_string(root, "missing", f->missing) &&
	       set_captures(root, &f->captures) && set_retrieval(root, f);
}
