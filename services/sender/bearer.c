/*
 * bearer - one access token, as the header line that requests carry.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bearer.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/seal.h"

static const char name[] = "Authorization: Bearer ";

/* RFC 6749, A.12, without the space, which would end the token. */
static bool is_token(const char *text)
{
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return false;
	return *text != '\0';
}

static char *open_token(const uint8_t *master_key,
			const struct ulid *credential, struct slice sealed)
{
	char id[ID_TEXT_SIZE], context[SEAL_CONTEXT_SIZE];

	ulid_format(id, "cred", credential);
	if (!is_sealed(sealed))
		return NULL;
	return seal_open(
	    master_key,
	    seal_context(context, slice_of(id), "token", slice_of(NULL)),
	    sealed);
}

static struct bearer *make(const char *token)
{
	size_t n = strlen(token);
	struct bearer *b = xcalloc(1, sizeof(*b) + sizeof(name) + n);

	b->refs = 1;
	b->line_n = sizeof(name) - 1 + n;
	memcpy(b->line, name, sizeof(name) - 1);
	memcpy(b->line + sizeof(name) - 1, token, n + 1);
	return b;
}

struct bearer *bearer_new(const uint8_t *master_key, const struct msg_token *m)
{
	struct bearer *b = NULL;
	struct ulid credential;
	char *token;

	if (m->number == 0 ||
	    ulid_from_slice(m->credential, &credential) != ERR_OK)
		return NULL;
	token = open_token(master_key, &credential, m->sealed);
	if (token && is_token(token)) {
		b = make(token);
		b->credential = credential;
		b->number = m->number;
		b->version = m->version;
		b->use_until_ms = m->use_until_ms;
		b->renew_ms = m->renew_ms;
	}
	secret_free(&token);
	return b;
}

struct bearer *bearer_ref(struct bearer *b)
{
	b->refs++;
	return b;
}

void bearer_unref(struct bearer **bp)
{
	struct bearer *b = *bp;

	*bp = NULL;
	if (!b || --b->refs > 0)
		return;
	OPENSSL_cleanse(b->line, b->line_n);
	free(b);
}
