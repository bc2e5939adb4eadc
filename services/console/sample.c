/*
 * sample - a call of a journey, for a preview or a test send.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TEXT_BYTES_MAX 1024

enum field_type { FIELD_TILE, FIELD_TEXT, FIELD_OBJECT };

/* In the order in which they are shown. */
static const struct field {
	const char *name;
	enum field_type type;
	bool in_body; /* of what the webhook's templates see as the call */
} fields[] = {
    {"tile", FIELD_TILE, false},       {"journeyId", FIELD_TEXT, true},
    {"pathId", FIELD_TEXT, true},      {"email", FIELD_TEXT, true},
    {"userId", FIELD_TEXT, true},      {"profile", FIELD_OBJECT, true},
    {"event", FIELD_OBJECT, true},     {"params", FIELD_OBJECT, false},
    {"liveData", FIELD_OBJECT, false},
};
enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]) };

/* --- checking ------------------------------------------------------------ */

static bool find_tile(const json_t *name, enum tile *out)
{
	return tile_find(slice_of(json_string_value(name)), out);
}

static bool is_text(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && *text && strlen(text) <= TEXT_BYTES_MAX &&
	       strlen(text) == json_string_length(value);
}

static bool refuse(struct fault *f, const char *path, const char *name,
		   const char *detail)
{
	char field[FIELD_SIZE];

	snprintf(field, sizeof(field), "%s%.80s", path, name);
	return fault_invalid(f, field, detail);
}

static bool check_field(const struct field *field, const json_t *value,
			const char *path, struct fault *f)
{
	enum tile ignored;

	if (!value)
		return true;
	if (field->type == FIELD_TILE)
		return find_tile(value, &ignored) ||
		       refuse(f, path, field->name,
			      "webhook, userProfile or liveData");
	if (field->type == FIELD_TEXT)
		return is_text(value) || refuse(f, path, field->name,
						"a text of 1 to 1024 bytes");
	return json_is_object(value) ||
	       refuse(f, path, field->name, "an object is wanted");
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < N_FIELDS; i++)
		if (!strcmp(name, fields[i].name))
			return true;
	return false;
}

static bool check_given(const json_t *given, const char *path, struct fault *f)
{
	const char *name;
	json_t *value;

	if (given && !json_is_object(given))
		return refuse(f, path, "", "an object is wanted");
	json_object_foreach((json_t *)given, name, value)
	{
		if (is_known(name))
			continue;
		refuse(f, path, name, "a journey's call has no such field");
		f->code = "unknown_field";
		return false;
	}
	for (size_t i = 0; i < N_FIELDS; i++)
		if (!check_field(&fields[i],
				 json_object_get(given, fields[i].name), path,
				 f))
			return false;
	return true;
}

/* --- completing ---------------------------------------------------------- */

static json_t *usual(void)
{
	json_t *all = json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:{}, s:{}, s:{}}", "tile",
	    "webhook", "journeyId", "welcome", "pathId", "path-1", "email",
	    "ada@example.com", "userId", "u-1", "profile", "firstName", "Ada",
	    "lastName", "Lovelace", "event", "params", "liveData");

	must(all);
	return all;
}

/* Whose call it is, only who gives it says. */
static json_t *complete(const json_t *given)
{
	json_t *message = json_object(), *rest = usual();

	if (json_object_get(given, "email") ||
	    json_object_get(given, "userId")) {
		json_object_del(rest, "email");
		json_object_del(rest, "userId");
	}
	for (size_t i = 0; i < N_FIELDS; i++) {
		const char *name = fields[i].name;
		json_t *value = json_object_get(given, name);

		if (!value)
			value = json_object_get(rest, name);
		if (value)
			json_object_set(message, name, value);
	}
	json_decref(rest);
	return message;
}

static char *text_of(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(17));

	must(text);
	return text;
}

static char *body_of(const json_t *message)
{
	json_t *body = json_object();
	char *text;

	for (size_t i = 0; i < N_FIELDS; i++)
		if (fields[i].in_body)
			json_object_set(
			    body, fields[i].name,
			    json_object_get(message, fields[i].name));
	text = text_of(body);
	json_decref(body);
	return text;
}

static char *stored_of(const json_t *message)
{
	json_t *stored = json_pack("{s:{}, s:O}", "profile", "liveData",
				   json_object_get(message, "liveData"));
	char *text;

	must(stored);
	text = text_of(stored);
	json_decref(stored);
	return text;
}

static bool check_sizes(const struct sample *s, const char *path,
			struct fault *f)
{
	if (s->params && strlen(s->params) > PARAMS_BYTES_MAX)
		return refuse(f, path, "params", "it is too large");
	return strlen(s->stored) <= STORED_BYTES_MAX ||
	       refuse(f, path, "liveData", "it is too large");
}

bool sample_read(struct sample *s, const json_t *given, const char *path,
		 struct fault *fault)
{
	const json_t *params;

	*s = (struct sample){0};
	if (!check_given(given, path, fault))
		return false;
	s->message = complete(given);
	params = json_object_get(s->message, "params");
	must(find_tile(json_object_get(s->message, "tile"), &s->tile));
	s->body = body_of(s->message);
	s->params = json_object_size(params) ? text_of(params) : NULL;
	s->stored = stored_of(s->message);
	return check_sizes(s, path, fault);
}

void sample_fini(struct sample *s)
{
	json_decref(s->message);
	free(s->body);
	free(s->params);
	free(s->stored);
	*s = (struct sample){0};
}
