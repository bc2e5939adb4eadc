/*
 * draft_fields - what every draft of a document does with its fields.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "draft_fields.h"

#include <string.h>

#include "base/clock.h"

const char *text_field(const json_t *doc, const char *name)
{
	return json_string_value(json_object_get(doc, name));
}

static bool check_read_only(const struct field_names *names, const json_t *old,
			    const char *name, const json_t *value,
			    struct fault *f)
{
	json_t *have = json_object_get(old, name);

	if (old && is_one_of(name, names->computed))
		return true;
	if (have && json_equal(have, value))
		return true;
	if (!strcmp(name, "version"))
		fault_set(f, "conflict", name,
			  "it has been changed meanwhile: version is another");
	else
		fault_set(f, "read_only", name, "it cannot be set");
	return false;
}

bool fields_check(const struct field_names *names, const json_t *old,
		  const json_t *body, struct fault *f)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)body, name, value)
	{
		if (is_one_of(name, names->read_only) ||
		    is_one_of(name, names->computed) ||
		    !strcmp(name, "version")) {
			if (!check_read_only(names, old, name, value, f))
				return false;
		} else if (!is_one_of(name, names->known)) {
			fault_set(f, "unknown_field", name,
				  "there is no such field");
			return false;
		}
	}
	return true;
}

void fields_merge(json_t *target, json_t *patch)
{
	const char *name;
	json_t *value;

	json_object_foreach(patch, name, value)
	{
		json_t *have = json_object_get(target, name);

		if (json_is_null(value)) {
			json_object_del(target, name);
		} else if (!json_is_object(value)) {
			json_object_set(target, name, value);
		} else {
			if (!json_is_object(have)) {
				have = json_object();
				json_object_set_new(target, name, have);
			}
			fields_merge(have, value);
		}
	}
}

void fields_default(json_t *doc, const char *name, json_t *value)
{
	if (json_object_get(doc, name))
		json_decref(value);
	else
		json_object_set_new(doc, name, value);
}

void fields_stamp(const struct draft_env *env, const char *id, json_t *doc,
		  const json_t *old)
{
	json_t *version = json_object_get(old, "version");
	json_t *created = json_object_get(old, "createdAt");
	char now[RFC3339_SIZE];

	rfc3339_format(now, env->now_ms);
	json_object_set_new(doc, "id", json_string(id));
	json_object_set_new(doc, "project", json_string(env->project));
	if (created)
		json_object_set(doc, "createdAt", created);
	else
		json_object_set_new(doc, "createdAt", json_string(now));
	json_object_set_new(doc, "updatedAt", json_string(now));
	json_object_set_new(doc, "version",
			    json_integer(json_integer_value(version) + 1));
}

json_t *fields_ordered(const struct field_names *names, json_t *doc)
{
	json_t *out = json_object();

	for (const char *const *name = names->known; *name; name++)
		if (json_object_get(doc, *name))
			json_object_set(out, *name,
					json_object_get(doc, *name));
	json_decref(doc);
	return out;
}
