/*
 * journey - reads the journey part of a webhook's document.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/journey.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NAMES_MAX(names) (sizeof(names) / sizeof(names[0]))

static const char *const methods[] = {
    [METHOD_POST] = "POST",   [METHOD_GET] = "GET",	  [METHOD_PUT] = "PUT",
    [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
};

static const char *const escapes[] = {
    [ESCAPE_AUTO] = "auto",
    [ESCAPE_JSON] = "json",
    [ESCAPE_HTML] = "html",
    [ESCAPE_NONE] = "none",
};

/* -1: none of them. */
static int index_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; name && i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

const char *http_method_name(enum http_method method)
{
	return methods[method];
}

bool http_method_find(const char *name, enum http_method *out)
{
	int i = index_of(methods, NAMES_MAX(methods), name);

	if (i >= 0)
		*out = (enum http_method)i;
	return i >= 0;
}

static bool read_method(struct journey *j, const json_t *doc)
{
	const json_t *method = json_object_get(doc, "method");

	return !method ||
	       http_method_find(json_string_value(method), &j->method);
}

static bool read_escape(struct journey *j, const json_t *doc)
{
	const json_t *escape = json_object_get(doc, "escape");
	int i =
	    index_of(escapes, NAMES_MAX(escapes), json_string_value(escape));

	if (escape && i < 0)
		return false;
	j->escape = escape ? (enum journey_escape)i : ESCAPE_AUTO;
	return true;
}

static bool read_missing(struct journey *j, const json_t *doc)
{
	const json_t *missing = json_object_get(doc, "missing");
	const char *text = json_string_value(missing);

	j->missing_fails = text && strcmp(text, "fail") == 0;
	return !missing || j->missing_fails ||
	       (text && strcmp(text, "empty") == 0);
}

static bool read_body(struct journey *j, const json_t *doc)
{
	const json_t *body = json_object_get(doc, "body");

	if (!body)
		return true;
	if (!json_is_string(body) ||
	    strlen(json_string_value(body)) != json_string_length(body))
		return false;
	j->body = xstrdup(json_string_value(body));
	return true;
}

static bool read_hosts(struct journey *j, const json_t *doc)
{
	const json_t *hosts = json_object_get(doc, "hosts");
	size_t n = json_array_size(hosts);

	if (!hosts)
		return true;
	if (!json_is_array(hosts) || n > JOURNEY_HOSTS_MAX)
		return false;
	j->hosts = xcalloc(n + 1, sizeof(*j->hosts));
	for (size_t i = 0; i < n; i++) {
		const json_t *host = json_array_get(hosts, i);

		if (!json_is_string(host))
			return false;
		j->hosts[j->n_hosts++] = xstrdup(json_string_value(host));
	}
	return true;
}

static bool read_profile_fields(struct journey *j, const json_t *doc)
{
	json_t *fields = json_object_get(doc, "sendProfileFields");

	if (!fields)
		return true;
	if (!json_is_array(fields))
		return false;
	j->profile_fields = json_incref(fields);
	return true;
}

static bool read_capture(struct journey *j, const json_t *doc)
{
	const json_t *capture = json_object_get(doc, "capture");
	json_t *fields = json_object_get(capture, "profileFields");

	if (!capture)
		return true;
	if (!json_is_object(fields))
		return false;
	j->capture = json_incref(fields);
	return true;
}

static bool read_retrieval(struct journey *j, const json_t *doc)
{
	const json_t *retrieval = json_object_get(doc, "dataRetrieval");
	const json_t *name = json_object_get(retrieval, "name");
	json_t *fields = json_object_get(retrieval, "fields");

	if (!retrieval || json_is_false(json_object_get(retrieval, "enabled")))
		return true;
	if (!json_is_string(name) || (fields && !json_is_object(fields)))
		return false;
	j->retrieval_name = xstrdup(json_string_value(name));
	j->retrieval_fields = json_incref(fields);
	return true;
}

static const struct part {
	const char *field;
	bool (*read)(struct journey *j, const json_t *doc);
} parts[] = {
    {"method", read_method},   {"escape", read_escape},
    {"missing", read_missing}, {"body", read_body},
    {"hosts", read_hosts},     {"sendProfileFields", read_profile_fields},
    {"capture", read_capture}, {"dataRetrieval", read_retrieval},
};

struct journey *journey_read(const json_t *doc, const char **fault)
{
	struct journey *j = xcalloc(1, sizeof(*j));

	for (size_t i = 0; i < NAMES_MAX(parts); i++) {
		if (parts[i].read(j, doc))
			continue;
		*fault = parts[i].field;
		journey_free(&j);
		return NULL;
	}
	return j;
}

void journey_free(struct journey **journey)
{
	struct journey *j = *journey;

	if (!j)
		return;
	for (size_t i = 0; i < j->n_hosts; i++)
		free(j->hosts[i]);
	free(j->hosts);
	free(j->body);
	free(j->retrieval_name);
	json_decref(j->profile_fields);
	json_decref(j->capture);
	json_decref(j->retrieval_fields);
	free(j);
	*journey = NULL;
}
