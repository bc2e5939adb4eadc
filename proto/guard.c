/*
 * guard - a look at msgpack bytes before anything is made of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proto/guard.h"

#include "proto/unpack.h"

#define GUARD_DEPTH_MAX 64

static bool is_container(const struct unpack_value *v)
{
	return v->kind == UNPACK_ARRAY || v->kind == UNPACK_MAP;
}

/* Elements that follow a header: a map's keys count like its values. */
static uint64_t elements(const struct unpack_value *v)
{
	return v->kind == UNPACK_MAP ? 2 * (uint64_t)v->count : v->count;
}

/* A stack of counts instead of recursion: depth is the peer's choice. */
enum err guard_value(struct slice in, unsigned depth_max, size_t values_max,
		     size_t *used)
{
	uint64_t left[GUARD_DEPTH_MAX + 1] = {1};
	unsigned depth = 0;
	size_t n_values = 0;
	struct slice rest = in;

	if (depth_max > GUARD_DEPTH_MAX)
		depth_max = GUARD_DEPTH_MAX;
	for (;;) {
		struct unpack_value v;
		enum err e;

		while (left[depth] == 0) {
			if (depth == 0) {
				*used = in.n - rest.n;
				return ERR_OK;
			}
			depth--;
		}
		left[depth]--;
		e = unpack_next(&rest, &v);
		if (e != ERR_OK)
			return e;
		if (v.kind == UNPACK_EXT)
			return ERR_MALFORMED;
		if (++n_values > values_max)
			return ERR_TOO_LARGE;
		if (!is_container(&v))
			continue;
		if (depth == depth_max)
			return ERR_TOO_DEEP;
		left[++depth] = elements(&v);
	}
}

enum err guard_flat_array(struct slice in, size_t fields_max, size_t *used)
{
	struct slice rest = in;
	struct unpack_value array, v;
	enum err e = unpack_next(&rest, &array);

	if (e != ERR_OK || array.kind != UNPACK_ARRAY)
		return ERR_MALFORMED;
	if (array.count > fields_max)
		return ERR_TOO_LARGE;
	for (uint32_t i = 0; i < array.count; i++) {
		e = unpack_next(&rest, &v);
		if (e != ERR_OK || v.kind == UNPACK_EXT || is_container(&v))
			return ERR_MALFORMED;
	}
	*used = in.n - rest.n;
	return ERR_OK;
}
