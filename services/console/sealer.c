/*
 * sealer - seals and opens with the console's key.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sealer.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/seal.h"

#define SEALED_BYTES_MAX (64 * 1024)

json_t *seal_text(const struct sealer *s, const char *path, const char *name,
		  const char *text)
{
	char context[SEAL_CONTEXT_SIZE];
	struct slice bound =
	    seal_context(context, slice_of(s->id), path, slice_of(name));
	json_t *value = NULL;
	struct buf out;

	buf_init(&out, SEALED_BYTES_MAX);
	if (seal(s->env->master_key, bound, slice_of(text), &out) == ERR_OK)
		value = json_stringn(out.p, out.n);
	buf_fini(&out);
	must(value);
	return value;
}

char *sealed_open(const struct sealer *s, const char *path,
		  const json_t *sealed)
{
	char context[SEAL_CONTEXT_SIZE];
	struct slice text =
	    slice_bytes(json_string_value(sealed), json_string_length(sealed));

	if (!is_sealed(text))
		return NULL;
	return seal_open(
	    s->env->master_key,
	    seal_context(context, slice_of(s->id), path, slice_of(NULL)), text);
}

bool is_mask(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && !strcmp(text, SECRET_MASK);
}

bool are_masks(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!is_mask(json_array_get(list, i)))
			return false;
	return json_array_size(list) > 0;
}

void mask_field(json_t *object, const char *name)
{
	if (json_object_get(object, name))
		json_object_set_new(object, name, json_string(SECRET_MASK));
}
