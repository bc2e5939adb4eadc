/*
 * outcome - how a call ended, from what routers tell to what its publisher
 * gets. SPDX-License-Identifier: Apache-2.0
 */
#include "outcome.h"

#include <msgpack.h>
#include <stdlib.h>

#include "store/feed_json.h"

/* ---- what it says ---- */

/* Takes o over; NULL when it is no end of a call. */
static json_t *checked(json_t *o)
{
	const char *text = json_string_value(json_object_get(o, "outcome"));

	if (text && (!strcmp(text, "delivered") || !strcmp(text, "dead")))
		return o;
	json_decref(o);
	return NULL;
}

json_t *outcome_of_feed(struct slice msgpack)
{
	return checked(feed_json(msgpack));
}

json_t *outcome_of_text(struct slice json)
{
	return checked(json_loadb(json.p, json.n, JSON_ALLOW_NUL, NULL));
}

bool outcome_id(const json_t *outcome, struct ulid *id)
{
	const char *text = json_string_value(json_object_get(outcome, "id"));

	return text && ulid_parse(slice_of(text), "evt", id) == ERR_OK;
}

/* ---- to the publisher ---- */

static int append_bytes(const char *p, size_t n, void *out)
{
	buf_append(out, p, n);
	return 0;
}

static int append_packed(void *out, const char *p, size_t n)
{
	return append_bytes(p, n, out);
}

static void pack_value(msgpack_packer *pk, const json_t *value);

static void pack_map(msgpack_packer *pk, const json_t *map)
{
	json_t *in = (json_t *)(uintptr_t)map;

	msgpack_pack_map(pk, json_object_size(map));
	for (void *at = json_object_iter(in); at;
	     at = json_object_iter_next(in, at)) {
		msgpack_pack_str_with_body(pk, json_object_iter_key(at),
					   json_object_iter_key_len(at));
		pack_value(pk, json_object_iter_value(at));
	}
}

static void pack_array(msgpack_packer *pk, const json_t *array)
{
	size_t n = json_array_size(array);

	msgpack_pack_array(pk, n);
	for (size_t i = 0; i < n; i++)
		pack_value(pk, json_array_get(array, i));
}

static void pack_value(msgpack_packer *pk, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		pack_map(pk, value);
		break;
	case JSON_ARRAY:
		pack_array(pk, value);
		break;
	case JSON_STRING:
		msgpack_pack_str_with_body(pk, json_string_value(value),
					   json_string_length(value));
		break;
	case JSON_INTEGER:
		msgpack_pack_int64(pk, json_integer_value(value));
		break;
	case JSON_REAL:
		msgpack_pack_double(pk, json_real_value(value));
		break;
	case JSON_TRUE:
		msgpack_pack_true(pk);
		break;
	case JSON_FALSE:
		msgpack_pack_false(pk);
		break;
	default:
		msgpack_pack_nil(pk);
		break;
	}
}

static void copy_member(json_t *to, const char *key, const json_t *from,
			json_t *otherwise)
{
	json_t *value = json_object_get(from, key);

	if (value)
		json_object_set(to, key, value);
	else
		json_object_set(to, key, otherwise);
	json_decref(otherwise);
}

void outcome_write(struct buf *out, enum encoding encoding,
		   const struct ulid *id, const json_t *outcome)
{
	json_t *told = json_object();
	char text[ID_TEXT_SIZE];
	msgpack_packer pk;

	json_object_set_new(told, "id",
			    json_string(ulid_format(text, "evt", id)));
	copy_member(told, "outcome", outcome, json_null());
	copy_member(told, "status", outcome, json_integer(0));
	copy_member(told, "values", outcome, json_null());
	copy_member(told, "error", outcome, json_null());
	if (encoding == ENCODING_JSON) {
		json_dump_callback(told, append_bytes, out, JSON_COMPACT);
	} else {
		msgpack_packer_init(&pk, out, append_packed);
		pack_value(&pk, told);
	}
	json_decref(told);
}
