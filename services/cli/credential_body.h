/*
 * credential_body - a credential's JSON out of flags.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_CREDENTIAL_BODY_H
#define CLI_CREDENTIAL_BODY_H

#include <jansson.h>

#include "args.h"

struct credential_flags {
	const char *project, *body, *name, *token_url, *client_id;
	const char *client_secret, *client_auth, *private_key, *key_id;
	const char *scope, *audience;
	struct args_list resources, params;
};

#define CREDENTIAL_FLAGS(f)                                                   \
	FLAG_PROJECT(&(f)->project),                                          \
	    FLAGS_STR("body", "JSON|FILE|-", &(f)->body,                      \
		      "the whole document; the flags below go on top"),       \
	    FLAGS_STR("name", "NAME", &(f)->name, "its name in the project"), \
	    FLAGS_STR("token-url", "URL", &(f)->token_url,                    \
		      "where tokens are fetched"),                            \
	    FLAGS_STR("client-id", "ID", &(f)->client_id,                     \
		      "who the token server knows"),                          \
	    FLAGS_STR("client-secret", "TEXT|@FILE|-", &(f)->client_secret,   \
		      "its secret; better from a file or standard input"),    \
	    FLAGS_STR("client-auth", "NAME", &(f)->client_auth,               \
		      "client_secret_basic, client_secret_post, "             \
		      "private_key_jwt"),                                     \
	    FLAGS_STR("private-key", "FILE|-", &(f)->private_key,             \
		      "for private_key_jwt: in PEM, without a passphrase"),   \
	    FLAGS_STR("key-id", "TEXT", &(f)->key_id,                         \
		      "what the token server calls that key (kid)"),          \
	    FLAGS_STR("scope", "WORDS", &(f)->scope, "what is asked for"),    \
	    FLAGS_STR("audience", "TEXT", &(f)->audience,                     \
		      "whom the token is for, where the server wants it"),    \
	    FLAGS_LIST("resource", "URI", &(f)->resources,                    \
		       "the same by RFC 8707; again for more"),               \
	    FLAGS_LIST("param", "NAME=VALUE", &(f)->params,                   \
		       "a further parameter of the request; again for more")

/* A new object, or NULL after an error line. */
json_t *credential_body(const struct credential_flags *f);

#endif
