/*
 * kept_view - what journeys have kept, as JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kept_view.h"

#include "base/text.h"
#include "call.h"
#include "store/profile_field.h"

json_t *stored_json(struct slice text)
{
	return text.n ? json_loadb(text.p, text.n,
				   JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL)
		      : NULL;
}

/* The name of a field may hold anything. */
static void put(json_t *object, struct slice name, json_t *value)
{
	json_t *key = json_text(name);

	if (key && value)
		json_object_setn_new(object, json_string_value(key),
				     json_string_length(key), value);
	else
		json_decref(value);
	json_decref(key);
}

static void put_field(json_t *fields, json_t *times, struct slice name,
		      struct slice value)
{
	struct slice text;
	json_t *json;
	uint64_t at;

	if (!profile_field_read(value, &at, &text))
		return;
	json = stored_json(text);
	if (!json)
		return;
	put(fields, name, json);
	put(times, name, json_time(at));
}

json_t *profile_view(struct slice user, const struct reply *reply)
{
	json_t *view = json_object(), *fields = json_object();
	json_t *times = json_object();

	for (size_t i = 0; i + 1 < reply_count(reply); i += 2)
		put_field(fields, times, reply_bytes(reply_part(reply, i)),
			  reply_bytes(reply_part(reply, i + 1)));
	json_object_set_new(view, "user", json_text(user));
	json_object_set_new(view, "fields", fields);
	json_object_set_new(view, "updatedAt", times);
	return view;
}

json_t *path_view(struct slice path, const struct reply *reply)
{
	json_t *view = json_object(), *data = json_object();

	for (size_t i = 0; i + 1 < reply_count(reply); i += 2)
		put(data, reply_bytes(reply_part(reply, i)),
		    stored_json(reply_bytes(reply_part(reply, i + 1))));
	json_object_set_new(view, "pathId", json_text(path));
	json_object_set_new(view, "liveData", data);
	return view;
}
