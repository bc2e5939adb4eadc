/*
 * feed_json - a message of the routers' feeds as JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/feed_json.h"

#include "proto/unpack.h"

/* A receiver's answer may be nested as deep as it likes; it goes no deeper than
 * this on our stack. */
#define DEPTH_MAX 128

static json_t *read_value(struct slice *in, unsigned depth);

static json_t *read_map(struct slice *in, uint32_t pairs, unsigned depth)
{
	json_t *map = json_object();

	for (; pairs > 0; pairs--) {
		struct unpack_value key;
		json_t *value = NULL;

		if (unpack_next(in, &key) == ERR_OK && key.kind == UNPACK_STR &&
		    slice_is_utf8(key.bytes))
			value = read_value(in, depth + 1);
		if (!value) {
			json_decref(map);
			return NULL;
		}
		json_object_setn_new_nocheck(map, key.bytes.p, key.bytes.n,
					     value);
	}
	return map;
}

static json_t *read_array(struct slice *in, uint32_t left, unsigned depth)
{
	json_t *array = json_array();

	for (; left > 0; left--) {
		json_t *value = read_value(in, depth + 1);

		if (!value) {
			json_decref(array);
			return NULL;
		}
		json_array_append_new(array, value);
	}
	return array;
}

static json_t *of_integer(const struct unpack_value *v)
{
	if (v->kind == UNPACK_INT)
		return json_integer(v->i);
	return v->u <= INT64_MAX ? json_integer((json_int_t)v->u)
				 : json_real((double)v->u);
}

/* NULL: malformed, too deep, or nothing that JSON has. */
static json_t *read_value(struct slice *in, unsigned depth)
{
	struct unpack_value v;

	if (depth > DEPTH_MAX || unpack_next(in, &v) != ERR_OK)
		return NULL;
	switch (v.kind) {
	case UNPACK_NIL:
		return json_null();
	case UNPACK_BOOL:
		return json_boolean(v.boolean);
	case UNPACK_UINT:
	case UNPACK_INT:
		return of_integer(&v);
	case UNPACK_FLOAT32:
	case UNPACK_FLOAT64:
		return json_real(v.f); /* NULL if it is not finite */
	case UNPACK_STR:
		return json_stringn(v.bytes.p, v.bytes.n);
	case UNPACK_MAP:
		return read_map(in, v.count, depth);
	case UNPACK_ARRAY:
		return read_array(in, v.count, depth);
	default:
		return NULL;
	}
}

json_t *feed_json(struct slice msgpack)
{
	return read_value(&msgpack, 0);
}
