/*
 * reply - the answer to a batch, decoded from JSON or msgpack.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Both become one small tree of jansson values, so that what an answer means is
 * written once. The bytes come from a peer: nothing in them is trusted.
 */
#include "client/reply.h"

#include <jansson.h>
#include <msgpack.h>
#include <stdlib.h>

#include "base/mem.h"
#include "proto/guard.h"

#define REPLY_DEPTH_MAX 8
#define REPLY_VALUES_MAX 4096

static json_t *from_msgpack(const msgpack_object *o);

static json_t *map_from_msgpack(const msgpack_object_map *map)
{
	json_t *out = json_object();

	for (uint32_t i = 0; i < map->size; i++) {
		const msgpack_object *key = &map->ptr[i].key;
		char name[64];

		if (key->type != MSGPACK_OBJECT_STR ||
		    !slice_cstr(
			name, sizeof(name),
			slice_bytes(key->via.str.ptr, key->via.str.size)))
			continue;
		json_object_set_new(out, name, from_msgpack(&map->ptr[i].val));
	}
	return out;
}

/* Depth is bounded by the guard. */
static json_t *from_msgpack(const msgpack_object *o)
{
	json_t *out;

	switch (o->type) {
	case MSGPACK_OBJECT_BOOLEAN:
		return json_boolean(o->via.boolean);
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		return json_integer((json_int_t)o->via.u64);
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return json_integer((json_int_t)o->via.i64);
	case MSGPACK_OBJECT_STR:
		return json_stringn(o->via.str.ptr, o->via.str.size);
	case MSGPACK_OBJECT_ARRAY:
		out = json_array();
		for (uint32_t i = 0; i < o->via.array.size; i++)
			json_array_append_new(
			    out, from_msgpack(&o->via.array.ptr[i]));
		return out;
	case MSGPACK_OBJECT_MAP:
		return map_from_msgpack(&o->via.map);
	default:
		return json_null();
	}
}

static json_t *parse_msgpack(struct slice bytes)
{
	msgpack_unpacked unpacked;
	json_t *out = NULL;
	size_t used;

	if (guard_value(bytes, REPLY_DEPTH_MAX, REPLY_VALUES_MAX, &used) !=
		ERR_OK ||
	    used != bytes.n)
		return NULL;
	msgpack_unpacked_init(&unpacked);
	if (msgpack_unpack_next(&unpacked, bytes.p, bytes.n, NULL) ==
	    MSGPACK_UNPACK_SUCCESS)
		out = from_msgpack(&unpacked.data);
	msgpack_unpacked_destroy(&unpacked);
	return out;
}

static json_t *parse(struct slice bytes)
{
	if (bytes.n && bytes.p[0] == '{')
		return json_loadb(bytes.p, bytes.n, 0, NULL);
	return parse_msgpack(bytes);
}

static uint64_t number(const json_t *object, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(object, key));

	return v > 0 ? (uint64_t)v : 0;
}

/* Text from a peer, cut to the field's size. */
static void copy_text(char *out, size_t size, const json_t *object,
		      const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	(void)slice_cstr(out, size, slice_of(s ? s : ""));
}

static void take_ids(struct postrider_result *r, const json_t *ids)
{
	size_t n = json_array_size(ids);

	if (!n)
		return;
	r->ids = xcalloc(n, sizeof(*r->ids));
	for (size_t i = 0; i < n; i++) {
		const char *id = json_string_value(json_array_get(ids, i));

		r->ids[r->n_ids++] = xstrdup(id ? id : "");
	}
}

static void take_error(struct postrider_result *r, const json_t *root,
		       const json_t *error)
{
	const json_t *index = json_object_get(error, "index");

	r->status = POSTRIDER_REFUSED;
	copy_text(r->code, sizeof(r->code), error, "code");
	copy_text(r->message, sizeof(r->message), error, "message");
	copy_text(r->field, sizeof(r->field), error, "field");
	r->index = json_is_integer(index) ? json_integer_value(index) : -1;
	r->retry_after_ms = number(error, "retryAfterMs");
	if (!r->retry_after_ms)
		r->retry_after_ms = number(root, "retryAfterMs");
	if (!r->message[0])
		(void)slice_cstr(r->message, sizeof(r->message),
				 slice_of(r->code));
}

enum err reply_decode(struct slice bytes, struct postrider_result *r)
{
	json_t *root = parse(bytes);
	const json_t *ok = json_object_get(root, "ok");
	const json_t *error = json_object_get(root, "error");
	enum err e = ERR_OK;

	r->index = -1;
	if (json_is_true(ok)) {
		r->status = POSTRIDER_OK;
		r->accepted = number(root, "accepted");
		r->duplicates = number(root, "duplicates");
		take_ids(r, json_object_get(root, "ids"));
	} else if (json_is_false(ok) && json_is_object(error)) {
		take_error(r, root, error);
	} else {
		e = ERR_MALFORMED;
	}
	json_decref(root);
	return e;
}

void postrider_result_fini(struct postrider_result *r)
{
	for (size_t i = 0; i < r->n_ids; i++)
		free(r->ids[i]);
	free(r->ids);
	r->ids = NULL;
	r->n_ids = 0;
}

const char *postrider_status_text(enum postrider_status s)
{
	static const char *const texts[] = {
	    "ok",
	    "refused",
	    "nobody is there",
	    "no answer: perhaps taken",
	    "nothing has ended yet",
	    "too many batches under way",
	    "invalid argument",
	};

	return (size_t)s < sizeof(texts) / sizeof(texts[0]) ? texts[s] : "?";
}
