/*
 * credential_body - a credential's JSON out of flags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Checks only what it must in order to build JSON; whether a credential is
 * valid is for the console to say.
 */
#include "credential_body.h"

#include <string.h>

#include "base/slice.h"
#include "body.h"
#include "cli.h"

static bool set_params(json_t *root, const struct args_list *params)
{
	for (size_t i = 0; i < params->n; i++) {
		struct slice rest = slice_of(params->items[i]), part;
		char name[256];

		if (!slice_cut(&rest, '=', &part) || part.n == 0 ||
		    !slice_cstr(name, sizeof(name), part)) {
			cli_error(CLI_USAGE, "--param is NAME=VALUE");
			return false;
		}
		if (!body_string(body_child(root, "extraParams"), name, rest.p))
			return false;
	}
	return true;
}

static bool set_all(json_t *root, const struct credential_flags *f)
{
	body_list(root, "resource", &f->resources);
	return body_string(root, "name", f->name) &&
	       body_string(root, "tokenUrl", f->token_url) &&
	       body_string(root, "clientId", f->client_id) &&
	       body_string(root, "clientAuth", f->client_auth) &&
	       body_secret(root, "clientSecret", "client-secret",
			   f->client_secret) &&
	       body_file(root, "privateKey", "private-key", f->private_key) &&
	       body_string(root, "keyId", f->key_id) &&
	       body_string(root, "scope", f->scope) &&
	       body_string(root, "audience", f->audience) &&
	       set_params(root, &f->params);
}

json_t *credential_body(const struct credential_flags *f)
{
	json_t *root = f->body ? json_document("body", f->body) : json_object();

	if (!root || set_all(root, f))
		return root;
	json_decref(root);
	return NULL;
}
