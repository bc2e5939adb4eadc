/*
 * capture_type - the types that a captured field may be asked to have.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JSONPATH_CAPTURE_TYPE_H
#define JSONPATH_CAPTURE_TYPE_H

#include <jansson.h>

#include "filter/value.h"

#define CAPTURE_TYPE_NAMES "string, number, boolean, array, object, date"

enum capture_type {
	CAPTURE_ANY,
	CAPTURE_STRING,
	CAPTURE_NUMBER,
	CAPTURE_BOOLEAN,
	CAPTURE_ARRAY,
	CAPTURE_OBJECT,
	CAPTURE_DATE /* a string, of the forms in date.h */
};

/* False: there is none of that name. */
bool capture_type_find(const char *name, enum capture_type *out);
bool capture_type_has(enum capture_type type, const struct value *v);
bool capture_type_has_json(enum capture_type type, const json_t *v);
/* Such as "is no string". */
const char *capture_type_fault(enum capture_type type);

#endif
