/*
 * credential - reads one credential's document.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The console has checked what it wrote; here the bounds are checked once more,
 * because a document that another hand wrote must not harm a process.
 */
#include "store/credential.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/config.h"
#include "store/seal.h"

static const char *const auth_texts[] = {
#define A(name, text) [CLIENT_##name] = text,
    CLIENT_AUTHS(A)
#undef A
};

#define N_AUTHS (sizeof(auth_texts) / sizeof(auth_texts[0]))

/* What every step of reading needs. */
struct reader {
	const struct credential_source *source;
	struct credential *c;
	const json_t *doc;
	struct slice id; /* text, borrowed from the document */
	const char *fault;
};

const char *client_auth_text(enum client_auth auth)
{
	return auth_texts[auth];
}

bool client_auth_parse(struct slice text, enum client_auth *auth)
{
	for (size_t i = 0; i < N_AUTHS; i++) {
		if (!slice_eq_str(text, auth_texts[i]))
			continue;
		*auth = (enum client_auth)i;
		return true;
	}
	return false;
}

static bool refuse(struct reader *r, const char *field)
{
	r->fault = field;
	return false;
}

static struct slice text_of(const json_t *value)
{
	return slice_bytes(json_string_value(value), json_string_length(value));
}

/* A text without NUL: it becomes a C string. */
static bool is_text(const json_t *value)
{
	return json_is_string(value) &&
	       !memchr(json_string_value(value), 0, json_string_length(value));
}

static bool read_text(struct reader *r, const char *field, char **out)
{
	const json_t *value = json_object_get(r->doc, field);

	if (!is_text(value))
		return refuse(r, field);
	*out = slice_dup(text_of(value));
	return true;
}

static bool read_optional(struct reader *r, const char *field, char **out)
{
	return !json_object_get(r->doc, field) || read_text(r, field, out);
}

static char *read_secret(struct reader *r, const json_t *value,
			 const char *path, struct slice name)
{
	char context[SEAL_CONTEXT_SIZE];

	if (!is_text(value))
		return NULL;
	return seal_open(r->source->master_key,
			 seal_context(context, r->id, path, name),
			 text_of(value));
}

static bool read_client(struct reader *r)
{
	const json_t *auth = json_object_get(r->doc, "clientAuth");
	bool jwt;
	const char *field;
	char **secret;

	if (!client_auth_parse(text_of(auth), &r->c->client_auth))
		return refuse(r, "clientAuth");
	jwt = r->c->client_auth == CLIENT_JWT;
	field = jwt ? "privateKey" : "clientSecret";
	secret = jwt ? &r->c->private_key : &r->c->client_secret;
	*secret = read_secret(r, json_object_get(r->doc, field), field,
			      slice_of(NULL));
	return (*secret || refuse(r, field)) &&
	       read_text(r, "clientId", &r->c->client_id) &&
	       read_optional(r, "keyId", &r->c->key_id);
}

/* One text, or a list of them. */
static bool read_resources(struct reader *r)
{
	const json_t *value = json_object_get(r->doc, "resource");
	size_t n = json_is_array(value) ? json_array_size(value) : !!value;

	if (n > CREDENTIAL_RESOURCES_MAX)
		return refuse(r, "resource");
	for (size_t i = 0; i < n; i++) {
		const json_t *one =
		    json_is_array(value) ? json_array_get(value, i) : value;

		if (!is_text(one))
			return refuse(r, "resource");
		r->c->resources[r->c->n_resources++] = slice_dup(text_of(one));
	}
	return true;
}

static bool read_params(struct reader *r)
{
	json_t *params = json_object_get(r->doc, "extraParams"), *value;
	struct credential *c = r->c;
	const char *name;

	if (!params)
		return true;
	if (!json_is_object(params) ||
	    json_object_size(params) > CREDENTIAL_PARAMS_MAX)
		return refuse(r, "extraParams");
	c->params = xcalloc(json_object_size(params) + 1, sizeof(*c->params));
	json_object_foreach(params, name, value)
	{
		struct header_pair *pair = &c->params[c->n_params];

		pair->value =
		    strlen(name) > CREDENTIAL_PARAM_NAME_MAX
			? NULL
			: read_secret(r, value, "extraParams", slice_of(name));
		if (!pair->value)
			return refuse(r, "extraParams");
		pair->name = xstrdup(name);
		c->n_params++;
	}
	return true;
}

static bool read_grant(struct reader *r)
{
	if (!r->source->with_grant)
		return true;
	return read_text(r, "tokenUrl", &r->c->token_url) && read_client(r) &&
	       read_optional(r, "scope", &r->c->scope) &&
	       read_optional(r, "audience", &r->c->audience) &&
	       read_resources(r) && read_params(r);
}

static bool read_document(struct reader *r)
{
	const json_t *version = json_object_get(r->doc, "version");

	r->id = text_of(json_object_get(r->doc, "id"));
	if (ulid_parse(r->id, "cred", &r->c->id) != ERR_OK)
		return refuse(r, "id");
	if (!json_is_integer(version) || json_integer_value(version) < 0)
		return refuse(r, "version");
	r->c->version = (uint64_t)json_integer_value(version);
	return read_text(r, "project", &r->c->project) && read_grant(r);
}

enum err credential_parse(const struct credential_source *source,
			  struct credential **out, const char **fault)
{
	json_t *doc = json_loadb(source->document.p, source->document.n,
				 JSON_REJECT_DUPLICATES, NULL);
	struct reader r = {.source = source, .doc = doc};
	bool ok;

	r.c = xcalloc(1, sizeof(*r.c));
	r.c->refs = 1;
	ok = doc ? read_document(&r) : refuse(&r, "document");
	json_decref(doc);
	if (!ok) {
		*fault = r.fault;
		credential_unref(&r.c);
		return ERR_MALFORMED;
	}
	*out = r.c;
	return ERR_OK;
}

struct credential *credential_ref(struct credential *c)
{
	must(c->refs > 0);
	c->refs++;
	return c;
}

static void credential_free(struct credential *c)
{
	for (size_t i = 0; i < c->n_params; i++) {
		free(c->params[i].name);
		secret_free(&c->params[i].value);
	}
	for (size_t i = 0; i < c->n_resources; i++)
		free(c->resources[i]);
	secret_free(&c->client_secret);
	secret_free(&c->private_key);
	free(c->params);
	free(c->key_id);
	free(c->scope);
	free(c->audience);
	free(c->client_id);
	free(c->token_url);
	free(c->project);
	free(c);
}

void credential_unref(struct credential **c)
{
	struct credential *mine = *c;

	*c = NULL;
	if (!mine)
		return;
	must(mine->refs > 0);
	if (--mine->refs == 0)
		credential_free(mine);
}
