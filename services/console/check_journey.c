/*
 * check_journey - the fields that only a journey's webhook has, and those that
 * it has not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check_journey.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "check_url.h"
#include "store/journey.h"

#define BODY_BYTES_MAX (256 * 1024)
#define FIELDS_MAX 64
#define PROFILE_FIELDS_MAX 256
#define FIELD_NAME_MAX 128
#define PATH_BYTES_MAX 1024
#define RETRIEVAL_NAME_MAX 64

/* --- whose field is it? ------------------------------------------------- */

static const char *const of_system[] = {"eventNames", "filter", "batch",
					"ordering", NULL};
static const char *const of_journey[] = {
    "body",    "escape",	"missing", "hosts", "sendProfileFields",
    "capture", "dataRetrieval", NULL};

static bool has_none(const json_t *doc, const char *const *fields,
		     const char *detail, struct fault *f)
{
	for (; *fields; fields++)
		if (json_object_get(doc, *fields))
			return fault_invalid(f, *fields, detail);
	return true;
}

static bool check_method(const json_t *doc, struct fault *f)
{
	const char *method = json_string_value(json_object_get(doc, "method"));
	enum http_method ignored;

	return (method && http_method_find(method, &ignored)) ||
	       fault_invalid(f, "method", "POST, GET, PUT, PATCH or DELETE");
}

static bool check_system_method(const json_t *doc, struct fault *f)
{
	const char *method = json_string_value(json_object_get(doc, "method"));

	return (method && !strcmp(method, "POST")) ||
	       fault_invalid(f, "method", "a system webhook has POST");
}

bool is_journey(const json_t *doc)
{
	const char *kind = json_string_value(json_object_get(doc, "kind"));

	return kind && !strcmp(kind, "journey");
}

bool check_kind(const json_t *doc, struct fault *f)
{
	const char *kind = json_string_value(json_object_get(doc, "kind"));

	if (is_journey(doc))
		return has_none(doc, of_system,
				"a journey calls its webhook by name, not by "
				"events",
				f) &&
		       check_method(doc, f);
	if (!kind || strcmp(kind, "system") != 0)
		return fault_invalid(f, "kind", "system or journey");
	return has_none(doc, of_journey, "only a journey's webhook has it",
			f) &&
	       check_system_method(doc, f);
}

/* --- texts --------------------------------------------------------------- */

static bool is_one_text(const json_t *doc, const char *field,
			const char *const *texts)
{
	const char *text = json_string_value(json_object_get(doc, field));

	return text && is_one_of(text, texts);
}

static bool check_body(const json_t *doc, struct fault *f)
{
	static const char *const escapes[] = {"auto", "json", "html", "none",
					      NULL};
	static const char *const missing[] = {"empty", "fail", NULL};
	const json_t *body = json_object_get(doc, "body");
	const char *text = json_string_value(body);

	if (body && (!text || json_string_length(body) > BODY_BYTES_MAX ||
		     strlen(text) != json_string_length(body)))
		return fault_invalid(f, "body",
				     "a text of at most 262144 bytes");
	if (!is_one_text(doc, "escape", escapes))
		return fault_invalid(f, "escape", "auto, json, html or none");
	return is_one_text(doc, "missing", missing) ||
	       fault_invalid(f, "missing", "empty or fail");
}

/* "example.com", or "*.example.com" for all below it. */
static bool check_hosts(const json_t *doc, struct fault *f)
{
	const json_t *hosts = json_object_get(doc, "hosts");
	size_t n = json_array_size(hosts);

	if (!hosts)
		return true;
	if (!json_is_array(hosts) || n == 0 || n > JOURNEY_HOSTS_MAX)
		return fault_invalid(f, "hosts",
				     "a list of 1 to 64 host names");
	for (size_t i = 0; i < n; i++) {
		const json_t *host = json_array_get(hosts, i);

		if (!is_host_pattern(json_string_value(host)))
			return fault_invalid(
			    f, "hosts",
			    "each is a host name, or *. and a host name");
	}
	return true;
}

static bool is_field_name(const char *name)
{
	size_t n = name ? strlen(name) : 0;

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return n > 0 && n <= FIELD_NAME_MAX;
}

static bool check_profile_fields(const json_t *doc, struct fault *f)
{
	const json_t *list = json_object_get(doc, "sendProfileFields");

	if (!list)
		return true;
	if (!json_is_array(list) || json_array_size(list) > PROFILE_FIELDS_MAX)
		return fault_invalid(f, "sendProfileFields",
				     "a list of at most 256 names");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!is_field_name(json_string_value(json_array_get(list, i))))
			return fault_invalid(
			    f, "sendProfileFields",
			    "each is a name of 1 to 128 bytes");
	return true;
}

/* --- what is kept of an answer -------------------------------------------- */

/* "capture.profileFields.tier", or the longest beginning of it that fits. */
static bool refuse(struct fault *f, const char *path, const char *name,
		   const char *member, const char *detail)
{
	char field[FIELD_SIZE];
	int n = snprintf(field, sizeof(field), "%s.%s%s%s", path, name,
			 *member ? "." : "", member);

	return fault_invalid(
	    f, n > 0 && (size_t)n < sizeof(field) ? field : path, detail);
}

static bool check_path(const json_t *value, const char *path, const char *name,
		       const char *member, struct fault *f)
{
	const char *text = json_string_value(value);

	return (text && *text && strlen(text) <= PATH_BYTES_MAX &&
		strlen(text) == json_string_length(value)) ||
	       refuse(f, path, name, member,
		      "a JSONPath of 1 to 1024 bytes is wanted");
}

static bool check_names(const json_t *fields, const char *path, struct fault *f)
{
	size_t n = json_object_size(fields);
	const char *name;
	json_t *ignored;

	if (!json_is_object(fields) || n == 0 || n > FIELDS_MAX)
		return fault_invalid(f, path, "an object of 1 to 64 fields");
	json_object_foreach((json_t *)fields, name, ignored)
	{
		if (!is_field_name(name))
			return fault_invalid(
			    f, path,
			    "a name has 1 to 128 bytes without control "
			    "characters");
	}
	return true;
}

static bool check_capture(const json_t *doc, struct fault *f)
{
	static const char *const allowed[] = {"profileFields", NULL};
	static const char path[] = "capture.profileFields";
	const json_t *capture = json_object_get(doc, "capture");
	const json_t *fields = json_object_get(capture, "profileFields");
	const char *name;
	json_t *value;

	if (!capture)
		return true;
	if (!json_is_object(capture))
		return fault_invalid(f, "capture", "an object is wanted");
	if (!only_fields(capture, "capture", allowed, f) ||
	    !check_names(fields, path, f))
		return false;
	json_object_foreach((json_t *)fields, name, value)
	{
		if (!check_path(value, path, name, "", f))
			return false;
	}
	return !strcmp(json_string_value(json_object_get(doc, "method")),
		       "GET") ||
	       fault_invalid(f, "capture",
			     "only a webhook with method GET keeps it");
}

static bool is_of_type(const json_t *value, const char *type)
{
	if (!strcmp(type, "string") || !strcmp(type, "date"))
		return json_is_string(value);
	if (!strcmp(type, "number"))
		return json_is_number(value);
	if (!strcmp(type, "boolean"))
		return json_is_boolean(value);
	return !strcmp(type, "array") ? json_is_array(value)
				      : json_is_object(value);
}

static bool check_retrieved(const char *name, const json_t *field,
			    struct fault *f)
{
	static const char *const allowed[] = {"path", "type", "default", NULL};
	static const char *const types[] = {
	    "string", "number", "boolean", "array", "object", "date", NULL};
	static const char path[] = "dataRetrieval.fields";
	const char *type = json_string_value(json_object_get(field, "type"));
	const json_t *fallback = json_object_get(field, "default");
	char where[FIELD_SIZE];

	if (!json_is_object(field))
		return refuse(f, path, name, "",
			      "an object with path, type and perhaps default");
	snprintf(where, sizeof(where), "%s.%s", path, name);
	if (!only_fields(field, where, allowed, f) ||
	    !check_path(json_object_get(field, "path"), path, name, "path", f))
		return false;
	if (!type || !is_one_of(type, types))
		return refuse(f, path, name, "type",
			      "string, number, boolean, array, object or date");
	return !fallback || is_of_type(fallback, type) ||
	       refuse(f, path, name, "default", "it is of another type");
}

static bool is_identifier(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char others[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				     "0123456789-";

	return s && *s && strlen(s) <= RETRIEVAL_NAME_MAX &&
	       strchr(letters, *s) && strspn(s, others) == strlen(s);
}

static bool check_retrieval(const json_t *doc, struct fault *f)
{
	static const char *const allowed[] = {"enabled", "name", "fields",
					      NULL};
	const json_t *retrieval = json_object_get(doc, "dataRetrieval");
	const json_t *fields = json_object_get(retrieval, "fields");
	const char *name;
	json_t *value;

	if (!retrieval)
		return true;
	if (!json_is_object(retrieval))
		return fault_invalid(f, "dataRetrieval", "an object is wanted");
	if (!only_fields(retrieval, "dataRetrieval", allowed, f))
		return false;
	if (!json_is_boolean(json_object_get(retrieval, "enabled")))
		return fault_invalid(f, "dataRetrieval.enabled",
				     "true or false");
	if (!is_identifier(
		json_string_value(json_object_get(retrieval, "name"))))
		return fault_invalid(
		    f, "dataRetrieval.name",
		    "1 to 64 letters, digits, _ and -, the first a letter or "
		    "_");
	if (!fields)
		return true;
	if (!check_names(fields, "dataRetrieval.fields", f))
		return false;
	json_object_foreach((json_t *)fields, name, value)
	{
		if (!check_retrieved(name, value, f))
			return false;
	}
	return true;
}

bool check_journey(const json_t *doc, struct fault *f)
{
	return check_body(doc, f) && check_hosts(doc, f) &&
	       check_profile_fields(doc, f) && check_capture(doc, f) &&
	       check_retrieval(doc, f);
}
