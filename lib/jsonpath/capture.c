/*
 * capture - what a journey keeps of an answer: names, and a path for each.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns a list of fields; a default is kept as the JSON text that it becomes.
 */
#include "jsonpath/capture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "filter/value_print.h"
#include "jsonpath/capture_type.h"
#include "jsonpath/jsonpath.h"

/* Of one default, as JSON text in bytes. */
#define DEFAULT_MAX 4096

struct field {
	char *name;	       /* owned */
	struct jsonpath *path; /* owned */
	enum capture_type type;
	char *otherwise; /* owned; NULL: the field has to be there */
};

struct capture {
	enum capture_kind kind;
	size_t n;
	struct field fields[]; /* as many as the map has */
};

/* Always false. */
static bool refuse(struct capture_fault *fault, const char *name,
		   const char *key, const char *text)
{
	size_t n;

	snprintf(fault->field, sizeof(fault->field), "%s%s%s", name,
		 *key ? "." : "", key);
	/* A foreign key may have been cut inside a character. */
	for (n = strlen(fault->field);
	     !slice_is_utf8(slice_bytes(fault->field, n)); n--)
		;
	fault->field[n] = '\0';
	snprintf(fault->text, sizeof(fault->text), "%s", text);
	return false;
}

static bool set_path(struct field *f, const json_t *path, const char *key,
		     struct capture_fault *fault)
{
	struct jsonpath_fault why;
	char text[sizeof(fault->text)];

	if (!json_is_string(path))
		return refuse(fault, f->name, key,
			      path ? "is no string" : "is missing");
	f->path = jsonpath_compile(
	    slice_bytes(json_string_value(path), json_string_length(path)),
	    &why);
	if (f->path)
		return true;
	snprintf(text, sizeof(text), "at byte %zu: %s", why.position, why.text);
	return refuse(fault, f->name, key, text);
}

static bool set_type(struct field *f, const json_t *type,
		     struct capture_fault *fault)
{
	if (!type)
		return true;
	if (!json_is_string(type) ||
	    !capture_type_find(json_string_value(type), &f->type))
		return refuse(fault, f->name, "type",
			      "is none of " CAPTURE_TYPE_NAMES);
	return true;
}

/* Jansson writes 0.1 with all digits that a double has, so fewer are tried. */
static char *print_json(const json_t *value)
{
	const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
	char *text = json_dumps(value, flags | JSON_REAL_PRECISION(15));
	json_t *back = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	if (!back || !json_equal(back, value)) {
		free(text);
		text = json_dumps(value, flags);
	}
	json_decref(back);
	return text;
}

static bool set_default(struct field *f, const json_t *value,
			struct capture_fault *fault)
{
	if (!value)
		return true;
	if (!capture_type_has_json(f->type, value))
		return refuse(fault, f->name, "default", "is of another type");
	f->otherwise = print_json(value);
	if (!f->otherwise || strlen(f->otherwise) > DEFAULT_MAX)
		return refuse(fault, f->name, "default", "is too long");
	return true;
}

static bool check_keys(const char *name, const json_t *spec,
		       struct capture_fault *fault)
{
	const char *key;
	json_t *value;

	if (!json_is_object(spec))
		return refuse(fault, name, "", "is no object");
	json_object_foreach((json_t *)spec, key, value)
	{
		if (strcmp(key, "path") != 0 && strcmp(key, "type") != 0 &&
		    strcmp(key, "default") != 0)
			return refuse(fault, name, key, "is not known");
	}
	return true;
}

static bool set_field(struct capture *c, const char *name, const json_t *spec,
		      struct capture_fault *fault)
{
	struct field *f = &c->fields[c->n];
	size_t n = strlen(name);

	if (n == 0 || n > CAPTURE_NAME_MAX)
		return refuse(fault, "", "", "a name has 1 to 128 bytes");
	c->n++;
	f->name = xstrdup(name);
	if (c->kind == CAPTURE_PROFILE)
		return set_path(f, spec, "", fault);
	return check_keys(name, spec, fault) &&
	       set_path(f, json_object_get(spec, "path"), "path", fault) &&
	       set_type(f, json_object_get(spec, "type"), fault) &&
	       set_default(f, json_object_get(spec, "default"), fault);
}

struct capture *capture_compile(const json_t *fields, enum capture_kind kind,
				struct capture_fault *fault)
{
	size_t n = json_object_size(fields);
	struct capture *c;
	const char *name;
	json_t *spec;

	if (!json_is_object(fields) || n > CAPTURE_FIELDS_MAX) {
		refuse(fault, "", "",
		       json_is_object(fields) ? "has more than 64 fields"
					      : "is no object");
		return NULL;
	}
	c = xcalloc(1, sizeof(*c) + n * sizeof(c->fields[0]));
	c->kind = kind;
	json_object_foreach((json_t *)fields, name, spec)
	{
		if (!set_field(c, name, spec, fault)) {
			capture_free(&c);
			return NULL;
		}
	}
	return c;
}

void capture_free(struct capture **c)
{
	if (!*c)
		return;
	for (size_t i = 0; i < (*c)->n; i++) {
		free((*c)->fields[i].name);
		free((*c)->fields[i].otherwise);
		jsonpath_free(&(*c)->fields[i].path);
	}
	free(*c);
	*c = NULL;
}

static const char *why_not(const struct field *f, enum jsonpath_found found,
			   const struct value *v)
{
	switch (found) {
	case JSONPATH_NONE:
		return "is missing";
	case JSONPATH_MANY:
		return "has many values";
	case JSONPATH_LIMIT:
		return "takes too long to find";
	case JSONPATH_ONE:
		break;
	}
	return capture_type_has(f->type, v) ? NULL
					    : capture_type_fault(f->type);
}

static void begin_member(const struct field *f, struct buf *out, size_t start)
{
	if (out->n > start + 1)
		buf_append_char(out, ',');
	json_quote(out, slice_of(f->name));
	buf_append_char(out, ':');
}

/* NULL: it was taken, or is left out. */
static const char *take(const struct capture *c, const struct field *f,
			const struct value *v, enum jsonpath_found found,
			struct buf *out, size_t start)
{
	const char *fault = why_not(f, found, v);

	if (fault && c->kind == CAPTURE_PROFILE)
		return NULL;
	if (fault && !f->otherwise)
		return fault;
	begin_member(f, out, start);
	if (fault)
		buf_append_str(out, f->otherwise);
	else
		value_print(v, out);
	return NULL;
}

bool capture_take(const struct capture *c, const struct value *answer,
		  struct arena *arena, struct buf *out, char *error,
		  size_t error_size)
{
	size_t start = out->n;

	buf_append_char(out, '{');
	for (size_t i = 0; i < c->n; i++) {
		const struct field *f = &c->fields[i];
		const struct value *v;
		enum jsonpath_found found =
		    jsonpath_one(f->path, answer, arena, &v);
		const char *fault = take(c, f, v, found, out, start);

		if (fault) {
			snprintf(error, error_size, "field \"%s\" %s", f->name,
				 fault);
			out->n = start;
			return false;
		}
	}
	buf_append_char(out, '}');
	return true;
}
