/*
 * credential_draft - merges, seals and completes a credential's document.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the caller wrote is sealed before it is merged, so that a document never
 * holds a secret in the clear.
 */
#include "credential_draft.h"

#include <stdio.h>
#include <string.h>

#include "credential_check.h"
#include "draft_fields.h"
#include "sealer.h"
#include "store/credential.h"
#include "store/seal.h"

/* Removed and given anew at a time. */
#define PATCHED_PARAMS_MAX (2 * CREDENTIAL_PARAMS_MAX)

static const char *const known[] = {
    "id",	 "project",    "name",	       "type",	      "tokenUrl",
    "clientId",	 "clientAuth", "clientSecret", "privateKey",  "keyId",
    "scope",	 "audience",   "resource",     "extraParams", "createdAt",
    "updatedAt", "version",    NULL,
};
static const char *const read_only[] = {
    "id", "project", "createdAt", "updatedAt", NULL,
};
/* See credential_state.h. */
static const char *const computed[] = {
    "state", "expiresAt", "renewAt", "lastFetchAt", "lastError", NULL,
};
static const struct field_names names = {known, read_only, computed};

typedef bool check_fn(const json_t *value, struct fault *f);

/* --- sealing ------------------------------------------------------------ */

/* The mask stands for what is there: then there is nothing to change. */
static bool drop_mask(const struct sealer *s, json_t *patch, const char *name,
		      const char *field, const json_t *old)
{
	if (json_object_get(old, name)) {
		json_object_del(patch, name);
		return true;
	}
	fault_set(s->fault, "masked", field,
		  "there is nothing yet that the mask could stand for");
	return false;
}

static bool seal_field(const struct sealer *s, json_t *patch, const char *name,
		       const json_t *old, check_fn *check)
{
	const json_t *value = json_object_get(patch, name);

	if (!value || json_is_null(value))
		return true;
	if (is_mask(value))
		return drop_mask(s, patch, name, name, old);
	if (!check(value, s->fault))
		return false;
	json_object_set_new(patch, name,
			    seal_text(s, name, NULL, json_string_value(value)));
	return true;
}

static bool seal_param(const struct sealer *s, json_t *params, const char *name,
		       const json_t *old)
{
	const json_t *value = json_object_get(params, name);
	char field[FIELD_SIZE];

	if (json_is_null(value))
		return true;
	if (!credential_check_param(name, value, s->fault))
		return false;
	snprintf(field, sizeof(field), "extraParams.%s", name);
	if (is_mask(value))
		return drop_mask(s, params, name, field, old);
	json_object_set_new(
	    params, name,
	    seal_text(s, "extraParams", name, json_string_value(value)));
	return true;
}

static bool seal_params(const struct sealer *s, json_t *params,
			const json_t *old)
{
	const char *name;
	json_t *value;
	void *next;

	/* Sealing costs: what would be refused later is refused now. */
	if (json_object_size(params) > PATCHED_PARAMS_MAX)
		return fault_invalid(s->fault, "extraParams",
				     "too many of them");
	json_object_foreach_safe(params, next, name, value)
	{
		if (!seal_param(s, params, name, old))
			return false;
	}
	return true;
}

static bool seal_all(const struct sealer *s, json_t *patch, const json_t *old)
{
	return seal_field(s, patch, "clientSecret", old,
			  credential_check_secret) &&
	       seal_field(s, patch, "privateKey", old, credential_check_key) &&
	       seal_params(s, json_object_get(patch, "extraParams"),
			   json_object_get(old, "extraParams"));
}

/* --- merging ------------------------------------------------------------ */

/* Another way to authenticate has another secret. What was there goes, and may
 * be sent back as it was shown; what is given anew is a mistake. */
static bool drop_field(const struct sealer *s, json_t *doc, const json_t *patch,
		       const json_t *old, const char *name)
{
	json_t *value = json_object_get(patch, name);

	json_object_del(doc, name);
	return !value || json_is_null(value) ||
	       (old && json_equal(value, json_object_get(old, name))) ||
	       fault_invalid(s->fault, name,
			     "it is of no use with this clientAuth");
}

static bool drop_unused(const struct sealer *s, json_t *doc,
			const json_t *patch, const json_t *old)
{
	const char *way = json_string_value(json_object_get(doc, "clientAuth"));
	enum client_auth auth;

	/* Then the check has something to say. */
	if (!client_auth_parse(slice_of(way), &auth))
		return true;
	if (auth == CLIENT_JWT)
		return drop_field(s, doc, patch, old, "clientSecret");
	return drop_field(s, doc, patch, old, "privateKey") &&
	       drop_field(s, doc, patch, old, "keyId");
}

static void set_defaults(json_t *doc)
{
	const json_t *params = json_object_get(doc, "extraParams");

	fields_default(doc, "type", json_string("oauth2"));
	fields_default(doc, "clientAuth",
		       json_string(client_auth_text(CLIENT_BASIC)));
	if (json_is_object(params) && json_object_size(params) == 0)
		json_object_del(doc, "extraParams");
}

static json_t *make(const struct sealer *s, const json_t *old,
		    const json_t *body)
{
	json_t *patch, *doc = NULL;
	bool ok;

	if (!fields_check(&names, old, body, s->fault))
		return NULL;
	patch = json_deep_copy(body);
	for (size_t i = 0; computed[i]; i++)
		json_object_del(patch, computed[i]);
	ok = seal_all(s, patch, old);
	if (ok) {
		doc = old ? json_deep_copy(old) : json_object();
		fields_merge(doc, patch);
		set_defaults(doc);
		fields_stamp(s->env, s->id, doc, old);
		ok = drop_unused(s, doc, patch, old) &&
		     credential_check(s->env->rules, doc, s->fault);
	}
	json_decref(patch);
	if (ok)
		return fields_ordered(&names, doc);
	json_decref(doc);
	return NULL;
}

json_t *credential_new(const struct draft_env *env, const char *id,
		       const json_t *body, struct fault *fault)
{
	const struct sealer s = {env, id, fault};

	return make(&s, NULL, body);
}

json_t *credential_patch(const struct draft_env *env, const json_t *old,
			 const json_t *body, struct fault *fault)
{
	const char *id = json_string_value(json_object_get(old, "id"));
	const struct sealer s = {env, id, fault};

	return make(&s, old, body);
}

/* --- showing ------------------------------------------------------------ */

/* Token servers have parameters of their own, and some are secrets. */
static bool sounds_secret(const char *name)
{
	static const char *const words[] = {"secret", "password", "token",
					    "key", "assertion"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

/* What does not open is masked, too. */
static json_t *param_view(const struct sealer *s, const char *name,
			  const json_t *sealed)
{
	char path[FIELD_SIZE], *clear;
	json_t *view = NULL;

	snprintf(path, sizeof(path), "extraParams.%s", name);
	clear = sounds_secret(name) ? NULL : sealed_open(s, path, sealed);
	if (clear)
		view = json_string(clear);
	secret_free(&clear);
	return view ? view : json_string(SECRET_MASK);
}

json_t *credential_view(const struct draft_env *env, const json_t *doc)
{
	const char *id = json_string_value(json_object_get(doc, "id")), *name;
	const struct sealer s = {env, id, NULL};
	json_t *view = json_deep_copy(doc), *value;
	json_t *params = json_object_get(view, "extraParams");

	mask_field(view, "clientSecret");
	mask_field(view, "privateKey");
	json_object_foreach(params, name, value)
	    json_object_set_new(params, name, param_view(&s, name, value));
	return view;
}
