/*
 * restate - secrets of a file that say what the webhook has already.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "restate.h"

#include <stdio.h>
#include <string.h>

#include "sealer.h"
#include "store/seal.h"

#define CAN_BE_MADE "signing.secrets"

/* Every secret is sealed to its webhook and its path in the document. */
static bool is_same_secret(const struct sealer *s, const char *path,
			   const json_t *value, const json_t *have)
{
	char *clear;
	bool same;

	if (!json_is_string(value) ||
	    !is_sealed(slice_of(json_string_value(have))))
		return false;
	clear = sealed_open(s, path, have);
	same = clear && !strcmp(clear, json_string_value(value));
	secret_free(&clear);
	return same;
}

static bool refuse(const struct sealer *s, const char *path)
{
	fault_set(s->fault, "masked", path,
		  "there is no secret yet that the mask could stand for");
	return false;
}

static bool restate_text(const struct sealer *s, const char *path,
			 json_t *parent, const char *name, json_t *value,
			 const json_t *have)
{
	if (is_mask(value))
		return json_is_string(have) || refuse(s, path);
	if (is_same_secret(s, path, value, have))
		json_object_set_new(parent, name, json_string(SECRET_MASK));
	return true;
}

/* Those that only sign along until some time are in no file. */
static bool are_same_secrets(const struct sealer *s, const char *path,
			     const json_t *list, const json_t *have)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(have); i++) {
		const json_t *secret = json_array_get(have, i);

		if (json_object_get(secret, "until"))
			continue;
		if (json_is_object(secret))
			secret = json_object_get(secret, "secret");
		if (!is_same_secret(s, path, json_array_get(list, n), secret))
			return false;
		n++;
	}
	return n > 0 && n == json_array_size(list);
}

static bool restate_array(const struct sealer *s, const char *path,
			  json_t *parent, const char *name, json_t *list,
			  const json_t *have)
{
	json_t *masks;

	if (!are_masks(list) && !are_same_secrets(s, path, list, have))
		return true;
	if (json_array_size(have) == 0) {
		json_object_del(parent, name);
		return !strcmp(path, CAN_BE_MADE) || refuse(s, path);
	}
	masks = json_array();
	for (size_t i = 0; i < json_array_size(have); i++)
		json_array_append_new(masks, json_string(SECRET_MASK));
	json_object_set_new(parent, name, masks);
	return true;
}

/* What secrets stand below: in no other field is a mask one. */
static const char *const with_secrets[] = {"headers", "auth", "signing", "tls",
					   NULL};

static bool restate(const struct sealer *s, const char *path, json_t *body,
		    const json_t *old)
{
	char field[FIELD_SIZE];
	const char *name;
	json_t *value;
	void *next;
	bool ok = true;

	json_object_foreach_safe(body, next, name, value)
	{
		json_t *have = json_object_get(old, name);
		int n = snprintf(field, sizeof(field), "%s%s%s", path,
				 *path ? "." : "", name);

		if (!*path && !is_one_of(name, with_secrets))
			continue;
		/* No secret's path is so long. */
		if (n < 0 || (size_t)n >= sizeof(field))
			continue;
		if (json_is_object(value))
			ok = restate(s, field, value, have);
		else if (json_is_array(value))
			ok = restate_array(s, field, body, name, value, have);
		else
			ok = restate_text(s, field, body, name, value, have);
		if (!ok)
			break;
	}
	return ok;
}

bool restate_secrets(const struct draft_env *env, const json_t *old,
		     json_t *body, struct fault *fault)
{
	const char *id = json_string_value(json_object_get(old, "id"));
	const struct sealer s = {env, id, fault};

	return restate(&s, "", body, old);
}
