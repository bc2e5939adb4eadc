/*
 * credential - with what access tokens are asked for: OAuth 2.0 client
 * credentials (RFC 6749 section 4.4).
 * SPDX-License-Identifier: Apache-2.0
 *
 * The document in Redis is the one of the REST API plus "project" and
 * "version". Its secrets (clientSecret, privateKey, the values of extraParams)
 * are sealed texts whose context is seal_context().
 */
#ifndef STORE_CREDENTIAL_H
#define STORE_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "base/ulid.h"

#define CREDENTIAL_RESOURCES_MAX 16
#define CREDENTIAL_PARAMS_MAX 32
#define CREDENTIAL_PARAM_NAME_MAX 128

/* How the client proves who it is: name in the API. */
#define CLIENT_AUTHS(A)                                       \
	A(BASIC, "client_secret_basic") /* RFC 6749, 2.3.1 */ \
	A(POST, "client_secret_post")	/* the same */        \
	A(JWT, "private_key_jwt")	/* RFC 7523, 2.2 */

enum client_auth {
#define A(name, text) CLIENT_##name,
	CLIENT_AUTHS(A)
#undef A
};

struct header_pair;

/* Immutable and counted, as a webhook is. */
struct credential {
	size_t refs; /* private */
	struct ulid id;
	uint64_t version;
	char *project;
	/* What only a mirror opened with_grants has (else NULL / 0): */
	char *token_url, *client_id;
	enum client_auth client_auth;
	char *client_secret;	/* wiped on free; NULL with a key */
	char *private_key;	/* PEM; the same; NULL with a secret */
	char *key_id;		/* "kid" of the key; NULL: none is told */
	char *scope, *audience; /* NULL: none */
	char *resources[CREDENTIAL_RESOURCES_MAX]; /* RFC 8707 */
	size_t n_resources;
	struct header_pair *params; /* further ones; values wiped on free */
	size_t n_params;
};

struct credential_source {
	struct slice document;
	bool with_grant;
	const uint8_t *master_key; /* NULL: sealed secrets cannot be opened */
};

const char *client_auth_text(enum client_auth auth);
/* False: no such way. */
bool client_auth_parse(struct slice text, enum client_auth *auth);

/* On success *out has one reference. Else *fault is a static text that names
 * the field. */
MUST_CHECK enum err credential_parse(const struct credential_source *source,
				     struct credential **out,
				     const char **fault);
struct credential *credential_ref(struct credential *c);
void credential_unref(struct credential **c);

#endif
