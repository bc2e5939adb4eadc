/*
 * question - the token request of a credential.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "question.h"

#include <stdlib.h>
#include <string.h>

#include "assertion.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/config.h"
#include "store/credential.h"
#include "store/seal.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
/* More than all that stands around a client and its secret. */
#define NAMES_BYTES 64

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
	       c == '*';
}

void form_encode(struct buf *out, struct slice in)
{
	for (size_t i = 0; i < in.n; i++) {
		if (is_plain(in.p[i]))
			buf_append_char(out, in.p[i]);
		else if (in.p[i] == ' ')
			buf_append_char(out, '+');
		else
			buf_printf(out, "%%%02X", (unsigned char)in.p[i]);
	}
}

static void add_slice(struct question *q, const char *name, struct slice value)
{
	if (q->body.n > 0)
		buf_append_char(&q->body, '&');
	form_encode(&q->body, slice_of(name));
	buf_append_char(&q->body, '=');
	form_encode(&q->body, value);
}

/* Nothing when there is no value. */
static void add(struct question *q, const char *name, const char *value)
{
	if (value)
		add_slice(q, name, slice_of(value));
}

static void wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->size);
	buf_fini(b);
}

/* A buffer that grows leaves copies of what it held behind. */
static void make_room(struct buf *b, size_t n)
{
	size_t left = b->max - b->n;

	(void)buf_reserve(b, n < left ? n : left);
}

/* Encoding makes at most three bytes of one. */
static size_t encoded_max(const char *text)
{
	return text ? 3 * strlen(text) : 0;
}

static size_t secrets_max(const struct credential *c)
{
	size_t n = encoded_max(c->client_id) + encoded_max(c->client_secret);

	for (size_t i = 0; i < c->n_params; i++)
		n += encoded_max(c->params[i].name) +
		     encoded_max(c->params[i].value) + 2;
	return n + NAMES_BYTES;
}

/* Both are encoded before they are joined (RFC 6749 section 2.3.1). */
static void set_basic(struct question *q, const struct credential *c)
{
	struct buf plain, line;
	size_t n;

	buf_init(&plain, QUESTION_BYTES_MAX);
	buf_init(&line, QUESTION_BYTES_MAX);
	make_room(&plain, encoded_max(c->client_id) +
			      encoded_max(c->client_secret) + 1);
	form_encode(&plain, slice_of(c->client_id));
	buf_append_char(&plain, ':');
	form_encode(&plain, slice_of(c->client_secret));
	make_room(&line, plain.n / 3 * 4 + NAMES_BYTES);
	buf_append_str(&line, "Authorization: Basic ");
	base64_encode(&line, buf_slice(&plain));
	buf_append_char(&line, '\0');
	if (!buf_full(&plain) && !buf_full(&line))
		q->authorization = buf_take(&line, &n);
	wipe(&plain);
	wipe(&line);
}

static enum err add_assertion(struct question *q, const struct credential *c,
			      uint64_t wall_ms)
{
	const struct assertion a = {
	    .client_id = c->client_id,
	    .audience = c->token_url,
	    .key = c->private_key,
	    .key_id = c->key_id,
	    .wall_ms = wall_ms,
	};
	struct buf text;
	enum err e;

	buf_init(&text, QUESTION_BYTES_MAX);
	e = assertion_make(&a, &text);
	if (e == ERR_OK) {
		add(q, "client_id", c->client_id);
		add(q, "client_assertion_type", ASSERTION_TYPE);
		add_slice(q, "client_assertion", buf_slice(&text));
	}
	wipe(&text);
	return e;
}

/* NULL, or what is at fault. */
static const char *identify(struct question *q, const struct credential *c,
			    uint64_t wall_ms)
{
	switch (c->client_auth) {
	case CLIENT_BASIC:
		set_basic(q, c);
		return q->authorization ? NULL : "clientSecret";
	case CLIENT_POST:
		add(q, "client_id", c->client_id);
		add(q, "client_secret", c->client_secret);
		return NULL;
	case CLIENT_JWT:
		return add_assertion(q, c, wall_ms) == ERR_OK ? NULL
							      : "privateKey";
	}
	return "clientAuth";
}

enum err question_make(const struct credential *c, uint64_t wall_ms,
		       struct question *q, const char **fault)
{
	*q = (struct question){0};
	buf_init(&q->body, QUESTION_BYTES_MAX);
	add(q, "grant_type", "client_credentials");
	add(q, "scope", c->scope);
	add(q, "audience", c->audience);
	for (size_t i = 0; i < c->n_resources; i++)
		add(q, "resource", c->resources[i]);
	make_room(&q->body, secrets_max(c));
	for (size_t i = 0; i < c->n_params; i++)
		add(q, c->params[i].name, c->params[i].value);
	*fault = identify(q, c, wall_ms);
	if (!*fault && buf_full(&q->body))
		*fault = "extraParams";
	if (!*fault)
		return ERR_OK;
	question_fini(q);
	return ERR_BAD_VALUE;
}

void question_fini(struct question *q)
{
	wipe(&q->body);
	secret_free(&q->authorization);
	*q = (struct question){0};
}
