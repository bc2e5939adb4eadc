/*
 * payload - the body of a call whose webhook has no template for it.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   {"journeyId": "welcome", "pathId": "path-77", "email": "ada@example.com",
 *    "userId": "u-1", "profile": {"firstName": "Ada"}, "event": {}}
 *
 * or, as a form, journeyId=welcome&...&profile.firstName=Ada. Numbers are
 * spelled as they came.
 */
#ifndef JOURNEY_PAYLOAD_H
#define JOURNEY_PAYLOAD_H

#include <stddef.h>

#include "base/buf.h"
#include "filter/arena.h"
#include "filter/value.h"

/* Which of the profile's fields are in it. */
struct payload_fields {
	char **names; /* NULL: all */
	size_t n;
};

/* context: of context_new(). arena: scratch, of the same rendering. */
void payload_json(struct buf *out, const struct value *context,
		  const struct payload_fields *fields);
void payload_form(struct buf *out, const struct value *context,
		  const struct payload_fields *fields, struct arena *arena);

#endif
