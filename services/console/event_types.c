/*
 * event_types - /v1/event-types: the catalogue of system events.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "catalogue/catalogue.h"
#include "console.h"

static const char *text_of(const json_t *type, const char *field)
{
	return json_string_value(json_object_get(type, field));
}

static bool is_of_channel(const json_t *type, const char *channel)
{
	return !channel || !strcmp(text_of(type, "channel"), channel);
}

/* The place after the cursor, which is the name of the last one shown; false:
 * answered. */
static bool place_of(struct call *call, size_t *place)
{
	const struct catalogue *c = call->console->catalogue;
	const char *cursor = http_query(call->req, "cursor");

	*place = 0;
	if (!cursor)
		return true;
	for (size_t i = 0; i < catalogue_count(c); i++)
		if (!strcmp(text_of(catalogue_at(c, i), "name"), cursor)) {
			*place = i + 1;
			return true;
		}
	call_problem(call, 400, "invalid", "cursor",
		     "it is not one of this list");
	return false;
}

static bool check_channel(struct call *call, const char *channel)
{
	const struct catalogue *c = call->console->catalogue;

	for (size_t i = 0; i < catalogue_count(c); i++)
		if (is_of_channel(catalogue_at(c, i), channel))
			return true;
	call_problem(call, 400, "invalid", "channel",
		     "there is no such channel");
	return false;
}

/* Without a limit it answers with the whole catalogue, which is small. */
void event_type_list(struct call *call)
{
	static const char *const allowed[] = {"limit", "cursor", "channel",
					      NULL};
	const struct catalogue *c = call->console->catalogue;
	const char *channel = http_query(call->req, "channel"), *next = NULL;
	size_t limit = catalogue_count(c), i;
	json_t *data;

	if (!call_check_query(call, allowed) ||
	    (http_query(call->req, "limit") && !call_limit(call, &limit)) ||
	    !check_channel(call, channel) || !place_of(call, &i))
		return;
	data = json_array();
	for (; i < catalogue_count(c) && !next; i++) {
		json_t *type = catalogue_at(c, i);

		if (!is_of_channel(type, channel))
			continue;
		if (json_array_size(data) < limit)
			json_array_append(data, type);
		else
			next = text_of(json_array_get(data, limit - 1), "name");
	}
	call_page(call, data, next);
}

void event_type_get(struct call *call)
{
	json_t *type =
	    catalogue_find(call->console->catalogue, call->params[0]);

	if (type)
		call_json(call, 200, json_incref(type));
	else
		call_not_found(call);
}
