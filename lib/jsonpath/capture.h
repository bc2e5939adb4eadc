/*
 * capture - what a journey keeps of an answer: names, and a path for each.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A profile takes what is there, {"loyaltyTier": "$.tier"}. Fields may ask for
 * a type and have a default: {"sky": {"path": "$.sky", "type": "string"}}.
 */
#ifndef JSONPATH_CAPTURE_H
#define JSONPATH_CAPTURE_H

#include <jansson.h>

#include "base/buf.h"
#include "filter/value.h"

#define CAPTURE_FIELDS_MAX 64
/* Of a name, in bytes. */
#define CAPTURE_NAME_MAX 128

enum capture_kind { CAPTURE_PROFILE, CAPTURE_FIELDS };

struct capture;

struct capture_fault {
	char field[192]; /* such as "sky.path"; "": the whole */
	char text[128];
};

/* NULL: fault tells why and where. Keeps nothing of the map. */
struct capture *capture_compile(const json_t *fields, enum capture_kind kind,
				struct capture_fault *fault);
void capture_free(struct capture **c);
/* Appends one JSON object with what the answer has, in the map's order, numbers
 * as they were spelled. A profile leaves out what has no single value. False: a
 * field without a default is missing or of another type, error says which, and
 * out is as it was. */
bool capture_take(const struct capture *c, const struct value *answer,
		  struct arena *arena, struct buf *out, char *error,
		  size_t error_size);

#endif
