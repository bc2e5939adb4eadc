/*
 * journey - what a webhook that journeys call has beyond other webhooks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The texts as its author wrote them. What they mean (templates, JSONPath) is
 * for who makes the request.
 */
#ifndef STORE_JOURNEY_H
#define STORE_JOURNEY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define JOURNEY_HOSTS_MAX 64

enum http_method {
	METHOD_POST,
	METHOD_GET,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE
};

/* How {{ }} is escaped in the body; AUTO: as the content type wants it. */
enum journey_escape { ESCAPE_AUTO, ESCAPE_JSON, ESCAPE_HTML, ESCAPE_NONE };

struct journey {
	enum http_method method;
	enum journey_escape escape;
	bool missing_fails; /* a field that the context lacks fails the call */
	char *body;	    /* owned; NULL: the default one, or none */
	char **hosts; /* owned; where a template in the host part may lead */
	size_t n_hosts;
	json_t *profile_fields;	  /* owned; sendProfileFields; NULL: all */
	json_t *capture;	  /* owned; capture.profileFields, or NULL */
	char *retrieval_name;	  /* owned; NULL: no dataRetrieval */
	json_t *retrieval_fields; /* owned; NULL: the whole answer */
};

const char *http_method_name(enum http_method method);
/* False: none of ours. */
bool http_method_find(const char *name, enum http_method *out);

/* Of a webhook's document. NULL with a static text that names the field. */
struct journey *journey_read(const json_t *doc, const char **fault);
void journey_free(struct journey **j);

#endif
