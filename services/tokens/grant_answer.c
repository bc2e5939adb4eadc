/*
 * grant_answer - what a token server said.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "grant_answer.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "question.h"
#include "store/config.h"
#include "store/credential.h"
#include "store/seal.h"

#define UNAVAILABLE "oauth_unavailable"
#define BAD_ANSWER "oauth_bad_answer"
#define REFUSED "oauth_refused"
#define MASK "***"
/* What is shorter may stand anywhere by chance. */
#define TELLTALE_BYTES_MIN 6

static void set(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text);
}

static void fail(struct grant_answer *a, const char *error, const char *detail)
{
	set(a->error, sizeof(a->error), error);
	if (detail)
		set(a->detail, sizeof(a->detail), detail);
}

/* ---- texts of the server's ---- */

/* Without control characters, cut between characters. jansson has seen to it
 * that it is UTF-8. */
static void take_text(const json_t *value, char *out, size_t size)
{
	const char *s = json_string_value(value);
	size_t n = json_string_length(value);

	if (!s)
		return;
	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)s[i] < ' ' || s[i] == 0x7f ? ' ' : s[i];
	out[n] = '\0';
}

/* The characters that an error may have. */
static bool is_error_code(const char *s, size_t n)
{
	if (n == 0 || n > OAUTH_ERROR_BYTES_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7e || s[i] == '"' || s[i] == '\\')
			return false;
	return true;
}

/* ---- refusals ---- */

static const char *code_of(const char *oauth_error)
{
	static const char *const known[][2] = {
	    {"invalid_request", "oauth_invalid_request"},
	    {"invalid_client", "oauth_invalid_client"},
	    {"invalid_grant", "oauth_invalid_grant"},
	    {"unauthorized_client", "oauth_unauthorized_client"},
	    {"unsupported_grant_type", "oauth_unsupported_grant_type"},
	    {"invalid_scope", "oauth_invalid_scope"},
	    {"invalid_target", "oauth_invalid_target"}, /* RFC 8707 */
	    {"access_denied", "oauth_access_denied"},
	    {"temporarily_unavailable", UNAVAILABLE},
	    {"server_error", UNAVAILABLE},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(oauth_error, known[i][0]) == 0)
			return known[i][1];
	return REFUSED;
}

static void refused(unsigned status, const json_t *doc, struct grant_answer *a)
{
	const json_t *error = json_object_get(doc, "error");
	const char *code = json_string_value(error);

	if (code && is_error_code(code, json_string_length(error)))
		set(a->oauth_error, sizeof(a->oauth_error), code);
	take_text(json_object_get(doc, "error_description"), a->detail,
		  sizeof(a->detail));
	if (status >= 500 || status == 429 || status == 408)
		fail(a, UNAVAILABLE, NULL);
	else if (status >= 300 && status < 400)
		fail(a, BAD_ANSWER, "redirects are not followed");
	else if (a->oauth_error[0])
		fail(a, code_of(a->oauth_error), NULL);
	else
		fail(a, status == 401 ? "oauth_invalid_client" : REFUSED, NULL);
	if (!a->detail[0])
		(void)snprintf(a->detail, sizeof(a->detail), "http_%u", status);
}

/* ---- tokens ---- */

static bool is_sendable(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x21 || s[i] > 0x7e)
			return false;
	return n > 0 && n <= TOKEN_BYTES_MAX;
}

static double number_of(const char *s)
{
	char *end;
	double n = strtod(s, &end);

	while (*end == ' ')
		end++;
	return end == s || *end ? 0 : n;
}

/* A number, or a text that is one; anything else says nothing. */
static uint64_t lifetime_of(const json_t *value)
{
	const char *text = json_string_value(value);
	double n = text ? number_of(text) : json_number_value(value);

	if (!isfinite(n) || n < 1)
		return 0;
	return n < (double)GRANT_LIFETIME_S_MAX ? (uint64_t)n
						: GRANT_LIFETIME_S_MAX;
}

static bool is_bearer(const json_t *type)
{
	return !type || (json_is_string(type) &&
			 slice_eq_nocase(slice_of(json_string_value(type)),
					 SLICE_LIT("bearer")));
}

static void granted(const json_t *doc, struct grant_answer *a)
{
	const json_t *token = json_object_get(doc, "access_token");
	const json_t *type = json_object_get(doc, "token_type");
	const char *text = json_string_value(token);
	size_t n = json_string_length(token);

	take_text(type, a->token_type, sizeof(a->token_type));
	take_text(json_object_get(doc, "scope"), a->scope, sizeof(a->scope));
	if (!text) {
		fail(a, BAD_ANSWER, "there is no access_token in the answer");
	} else if (!is_bearer(type)) {
		fail(a, BAD_ANSWER, "token_type is not Bearer");
	} else if (!is_sendable(text, n)) {
		fail(a, BAD_ANSWER,
		     "the access_token cannot be sent in a header");
	} else {
		a->token = xstrndup(text, n);
		a->lifetime_s = lifetime_of(json_object_get(doc, "expires_in"));
		a->ok = true;
	}
}

/* ---- the whole ---- */

static void not_json(struct slice content_type, struct grant_answer *a)
{
	char type[64];

	if (content_type.n >= sizeof(type))
		content_type.n = sizeof(type) - 1;
	(void)slice_cstr(type, sizeof(type), content_type);
	for (char *p = type; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	fail(a, BAD_ANSWER, NULL);
	(void)snprintf(a->detail, sizeof(a->detail),
		       "the answer is not a JSON object (%s)",
		       type[0] ? type : "no content type");
}

void grant_answer_parse(unsigned status, struct slice content_type,
			struct slice body, struct grant_answer *a)
{
	json_t *doc;

	*a = (struct grant_answer){0};
	doc = body.n > 0
		  ? json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL)
		  : NULL;
	if (status < 200 || status > 299)
		refused(status, doc, a);
	else if (!json_is_object(doc))
		not_json(content_type, a);
	else if (json_object_get(doc, "error") &&
		 !json_object_get(doc, "access_token"))
		refused(status, doc, a);
	else
		granted(doc, a);
	json_decref(doc);
}

void grant_answer_fini(struct grant_answer *a)
{
	secret_free(&a->token);
}

bool grant_error_is_temporary(const char *error)
{
	return strcmp(error, UNAVAILABLE) == 0;
}

/* ---- secrets that come back ---- */

/* The text may have been cut in the middle of it. */
static bool ends_in_it(const char *text, const char *secret)
{
	size_t n = strlen(text), max = strlen(secret);

	for (size_t k = TELLTALE_BYTES_MIN; k <= n && k < max; k++)
		if (strncmp(text + n - k, secret, k) == 0)
			return true;
	return false;
}

static void mask(char *text, const char *secret)
{
	if (strlen(secret) >= TELLTALE_BYTES_MIN &&
	    (strstr(text, secret) || ends_in_it(text, secret)))
		memcpy(text, MASK, sizeof(MASK));
}

static void mask_all(struct grant_answer *a, const char *secret)
{
	mask(a->detail, secret);
	mask(a->oauth_error, secret);
	mask(a->scope, secret);
	mask(a->token_type, secret);
}

/* As it stands, and as it was sent. */
static void mask_forms(struct grant_answer *a, const char *secret)
{
	struct buf form;

	buf_init(&form, QUESTION_BYTES_MAX);
	form_encode(&form, slice_of(secret));
	buf_append_char(&form, '\0');
	mask_all(a, secret);
	if (!buf_full(&form))
		mask_all(a, form.p);
	if (form.p)
		explicit_bzero(form.p, form.size);
	buf_fini(&form);
}

/* Each of its lines alone says too much. */
static void mask_lines(struct grant_answer *a, const char *key)
{
	char *copy = xstrdup(key), *rest = copy, *line;

	while ((line = strsep(&rest, "\r\n")))
		if (!strstr(line, "-----"))
			mask_all(a, line);
	secret_free(&copy);
}

/* What stands behind "Authorization: Basic ". */
static void mask_basic(struct grant_answer *a, const struct credential *c)
{
	const char *fault = NULL;
	struct question q;

	if (c->client_auth != CLIENT_BASIC ||
	    question_make(c, 0, &q, &fault) != ERR_OK)
		return;
	mask_all(a, strrchr(q.authorization, ' ') + 1);
	question_fini(&q);
}

void grant_answer_scrub(struct grant_answer *a, const struct credential *c)
{
	if (c->client_secret)
		mask_forms(a, c->client_secret);
	for (size_t i = 0; i < c->n_params; i++)
		mask_forms(a, c->params[i].value);
	if (c->private_key)
		mask_lines(a, c->private_key);
	mask_basic(a, c);
	if (a->token)
		mask_all(a, a->token);
}
