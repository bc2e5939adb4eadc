/*
 * draft_fields - what every draft of a document does with its fields.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same for webhooks and credentials; pure, as their drafts are.
 */
#ifndef CONSOLE_DRAFT_FIELDS_H
#define CONSOLE_DRAFT_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

#include "draft.h"

/* NULL: there is none, or it is no text. Borrowed. */
const char *text_field(const json_t *doc, const char *name);

/* Lists with NULL at the end. */
struct field_names {
	const char *const *known; /* in the order in which they are shown */
	/* What cannot be set, but may stand there unchanged, so that an answer
	 * can be edited and sent back. "version" is one of them by itself. */
	const char *const *read_only;
	/* The same, and it may have changed meanwhile. */
	const char *const *computed;
};

/* Does body, which is to change old (NULL: to be new), have other names? */
bool fields_check(const struct field_names *names, const json_t *old,
		  const json_t *body, struct fault *f);
/* RFC 7396. The depth is bounded by the parser's. */
void fields_merge(json_t *target, json_t *patch);
/* Takes ownership of value. */
void fields_default(json_t *doc, const char *name, json_t *value);
/* Id, project, times and the next version. */
void fields_stamp(const struct draft_env *env, const char *id, json_t *doc,
		  const json_t *old);
/* What is known of doc, in its order; takes its reference. New. */
json_t *fields_ordered(const struct field_names *names, json_t *doc);

#endif
