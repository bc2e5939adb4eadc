/*
 * capture_type - the types that a captured field may be asked to have.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jsonpath/capture_type.h"

#include "jsonpath/date.h"

static const struct {
	const char *name, *fault;
} types[] = {
    [CAPTURE_ANY] = {"", ""},
    [CAPTURE_STRING] = {"string", "is no string"},
    [CAPTURE_NUMBER] = {"number", "is no number"},
    [CAPTURE_BOOLEAN] = {"boolean", "is no boolean"},
    [CAPTURE_ARRAY] = {"array", "is no array"},
    [CAPTURE_OBJECT] = {"object", "is no object"},
    [CAPTURE_DATE] = {"date", "is no date"},
};

bool capture_type_find(const char *name, enum capture_type *out)
{
	for (size_t i = CAPTURE_STRING; i < sizeof(types) / sizeof(types[0]);
	     i++) {
		if (strcmp(types[i].name, name) == 0) {
			*out = (enum capture_type)i;
			return true;
		}
	}
	return false;
}

bool capture_type_has(enum capture_type type, const struct value *v)
{
	switch (type) {
	case CAPTURE_ANY:
		return true;
	case CAPTURE_STRING:
		return v->kind == VALUE_STRING;
	case CAPTURE_NUMBER:
		return v->kind == VALUE_WHOLE || v->kind == VALUE_REAL;
	case CAPTURE_BOOLEAN:
		return v->kind == VALUE_TRUE || v->kind == VALUE_FALSE;
	case CAPTURE_ARRAY:
		return v->kind == VALUE_ARRAY;
	case CAPTURE_OBJECT:
		return v->kind == VALUE_OBJECT;
	case CAPTURE_DATE:
		return v->kind == VALUE_STRING && date_is(v->text);
	}
	return false;
}

bool capture_type_has_json(enum capture_type type, const json_t *v)
{
	struct value look = {0};

	switch (json_typeof(v)) {
	case JSON_NULL:
		look.kind = VALUE_NULL;
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		look.kind = VALUE_TRUE;
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		look.kind = VALUE_REAL;
		break;
	case JSON_STRING:
		look.kind = VALUE_STRING;
		look.text =
		    slice_bytes(json_string_value(v), json_string_length(v));
		break;
	case JSON_ARRAY:
		look.kind = VALUE_ARRAY;
		break;
	case JSON_OBJECT:
		look.kind = VALUE_OBJECT;
		break;
	}
	return capture_type_has(type, &look);
}

const char *capture_type_fault(enum capture_type type)
{
	return types[type].fault;
}
