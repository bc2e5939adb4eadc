/*
 * catalogue - the system events that Postrider knows by name.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file says each thing once: fields that many events share are in "groups",
 * sample values of fields in "values", and an event may have its own. Here they
 * are put together. A file that does not fit is our bug, so it ends the start.
 */
#include "catalogue/catalogue.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"

#include "event_types.inc"

#define EVENT_TYPES_MAX 1000
#define SAMPLE_USER "u-1042"
/* Our own events are of no user. */
#define OWN_CHANNEL "postrider"

struct catalogue {
	json_t *list;	     /* owned; in the order of the file */
	struct table *names; /* → its element of the list, borrowed */
};

static json_t *fields_of(const json_t *groups, const json_t *event)
{
	const json_t *names = json_object_get(event, "groups");
	json_t *fields = json_object(), *own, *group;

	for (size_t i = 0; i < json_array_size(names); i++) {
		group = json_object_get(
		    groups, json_string_value(json_array_get(names, i)));
		must(json_object_update(fields, group) == 0);
	}
	own = json_object_get(event, "dataFields");
	if (own)
		must(json_object_update(fields, own) == 0);
	return fields;
}

static json_t *sample_of(const json_t *values, const json_t *event,
			 json_t *fields)
{
	const json_t *own = json_object_get(event, "sample");
	json_t *sample = json_object(), *data = json_object(), *value;
	const char *channel, *name;

	json_object_foreach(fields, name, value)
	{
		value = json_object_get(own, name);
		if (!value)
			value = json_object_get(values, name);
		must(json_object_set(data, name, value) == 0);
	}
	channel = json_string_value(json_object_get(event, "channel"));
	json_object_set(sample, "eventName", json_object_get(event, "name"));
	if (strcmp(channel, OWN_CHANNEL) != 0) {
		json_object_set(sample, "email",
				json_object_get(values, "email"));
		json_object_set_new(sample, "userId", json_string(SAMPLE_USER));
	}
	json_object_set_new(sample, "dataFields", data);
	return sample;
}

static json_t *type_of(const json_t *file, const json_t *event)
{
	static const char *const plain[] = {"name", "channel", "trigger",
					    "basis"};
	json_t *type = json_object(), *fields, *note, *value;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		value = json_object_get(event, plain[i]);
		must(json_is_string(value));
		json_object_set(type, plain[i], value);
	}
	note = json_object_get(event, "note");
	json_object_set(type, "note", note ? note : json_null());
	fields = fields_of(json_object_get(file, "groups"), event);
	json_object_set_new(type, "dataFields", fields);
	json_object_set_new(
	    type, "sample",
	    sample_of(json_object_get(file, "values"), event, fields));
	return type;
}

struct catalogue *catalogue_new(void)
{
	struct catalogue *c = xcalloc(1, sizeof(*c));
	json_t *file = json_loadb(lua_event_types, sizeof(lua_event_types) - 1,
				  JSON_REJECT_DUPLICATES, NULL);
	json_t *event;
	size_t i;

	must(json_is_object(file));
	c->list = json_array();
	c->names = table_new(EVENT_TYPES_MAX);
	json_array_foreach(json_object_get(file, "events"), i, event)
	{
		json_t *type = type_of(file, event);
		struct slice name =
		    slice_of(json_string_value(json_object_get(type, "name")));

		must(!table_find(c->names, name));
		must(table_put(c->names, name, type) == ERR_OK);
		json_array_append_new(c->list, type);
	}
	json_decref(file);
	return c;
}

void catalogue_free(struct catalogue **c)
{
	if (!*c)
		return;
	table_free(&(*c)->names);
	json_decref((*c)->list);
	free(*c);
	*c = NULL;
}

size_t catalogue_count(const struct catalogue *c)
{
	return json_array_size(c->list);
}

json_t *catalogue_at(const struct catalogue *c, size_t i)
{
	return json_array_get(c->list, i);
}

json_t *catalogue_find(const struct catalogue *c, struct slice name)
{
	return table_find(c->names, name);
}

json_t *catalogue_sample(const struct catalogue *c, struct slice name)
{
	return json_deep_copy(
	    json_object_get(catalogue_find(c, name), "sample"));
}
