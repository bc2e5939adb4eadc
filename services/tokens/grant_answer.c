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

#include "assertion.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "question.h"
#include "store/config.h"
#include "store/credential.h"
#include "store/seal.h"

#define BAD_ANSWER "oauth_bad_answer"
#define REFUSED "oauth_refused"
#define MASK "***"
/* What is shorter may stand anywhere by chance, unless it is a password. */
#define TELLTALE_BYTES_MIN 6
#define MEDIA_TYPE_BYTES_MAX 64

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

/* The bytes of the character at s when it would be seen as something else, or
 * not at all: control characters (C0, DEL, C1), separators of lines, and what
 * turns the direction of writing. 0: it may be shown. */
static size_t hidden_bytes(const unsigned char *s)
{
	if (s[0] < ' ' || s[0] == 0x7f)
		return 1;
	if (s[0] == 0xc2 && s[1] < 0xa0)
		return 2;
	if (s[0] == 0xe2 && s[1] == 0x80 &&
	    (s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae)))
		return 3;
	if (s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9)
		return 3;
	return s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf ? 3 : 0;
}

static size_t character_bytes(unsigned char first)
{
	if (first < 0xc0)
		return 1;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Of UTF-8, with a space for each hidden character, cut between characters. */
static void clean(const char *text, char *out, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0;

	while (*s) {
		size_t hidden = hidden_bytes(s);
		size_t bytes = hidden ? 1 : character_bytes(*s);

		if (n + bytes >= size)
			break;
		memcpy(out + n, hidden ? " " : (const char *)s, bytes);
		n += bytes;
		s += hidden ? hidden : bytes;
	}
	out[n] = '\0';
}

/* jansson has seen to it that it is UTF-8 without NUL. */
static void take_text(const json_t *value, char *out, size_t size)
{
	if (json_is_string(value))
		clean(json_string_value(value), out, size);
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
	    {"temporarily_unavailable", OAUTH_UNAVAILABLE},
	    {"server_error", OAUTH_UNAVAILABLE},
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
		fail(a, OAUTH_UNAVAILABLE, NULL);
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

/* Decimal, where strtod() would take "0x10", "1e9" and "infinity", too. */
static double number_of(const char *s)
{
	char *end;
	double n;

	if (s[strspn(s, " .0123456789")])
		return 0;
	n = strtod(s, &end);
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

/* Without parameters. It is never cut: what is left of a secret would not be
 * known for one. */
static struct slice media_type(struct slice content_type)
{
	struct slice rest = content_type, type = content_type;

	(void)slice_cut(&rest, ';', &type);
	while (type.n > 0 && type.p[type.n - 1] == ' ')
		type.n--;
	if (type.n == 0)
		return SLICE_LIT("no content type");
	if (type.n > MEDIA_TYPE_BYTES_MAX || !is_sendable(type.p, type.n))
		return SLICE_LIT("an odd content type");
	return type;
}

static void not_json(struct slice content_type, struct grant_answer *a)
{
	fail(a, BAD_ANSWER, NULL);
	(void)snprintf(a->detail, sizeof(a->detail),
		       "the answer is not a JSON object (%.*s)",
		       SLICE_FMT(media_type(content_type)));
}

/* A lifetime that does not fit into an integer is no reason to refuse a token.
 * jansson takes no NULL. */
static json_t *read_json(struct slice body)
{
	return body.n > 0
		   ? json_loadb(
			 body.p, body.n,
			 JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL)
		   : NULL;
}

/* Some servers say 200 when they mean 400. */
static bool has_error_only(const json_t *doc)
{
	const json_t *token = json_object_get(doc, "access_token");
	const json_t *error = json_object_get(doc, "error");

	return error && !json_is_null(error) && (!token || json_is_null(token));
}

void grant_answer_parse(unsigned status, struct slice content_type,
			struct slice body, struct grant_answer *a)
{
	json_t *doc = read_json(body);

	*a = (struct grant_answer){0};
	if (status < 200 || status > 299)
		refused(status, doc, a);
	else if (!json_is_object(doc))
		not_json(content_type, a);
	else if (has_error_only(doc))
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
	return strcmp(error, OAUTH_UNAVAILABLE) == 0;
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
	if (*secret && (strstr(text, secret) || ends_in_it(text, secret)))
		memcpy(text, MASK, sizeof(MASK));
}

static void mask_all(struct grant_answer *a, const char *secret)
{
	mask(a->detail, secret);
	mask(a->oauth_error, secret);
	mask(a->scope, secret);
	mask(a->token_type, secret);
}

/* As it stands, as it was sent, and as it would be after cleaning. */
static void mask_forms(struct grant_answer *a, const char *secret)
{
	size_t size = 3 * strlen(secret) + 1;
	struct buf form;

	buf_init(&form, size);
	(void)buf_reserve(&form, size);
	form_encode(&form, slice_of(secret));
	buf_append_char(&form, '\0');
	must(!buf_full(&form));
	mask_all(a, secret);
	mask_all(a, form.p);
	/* What is no text does not come back in one. */
	if (slice_is_utf8(slice_of(secret))) {
		clean(secret, form.p, form.size);
		mask_all(a, form.p);
	}
	explicit_bzero(form.p, form.size);
	buf_fini(&form);
}

/* Each of its lines alone says too much. */
static void mask_lines(struct grant_answer *a, const char *key)
{
	char *copy = xstrdup(key), *rest = copy, *line;

	while ((line = strsep(&rest, "\r\n")))
		if (!strstr(line, "-----") &&
		    strlen(line) >= TELLTALE_BYTES_MIN)
			mask_all(a, line);
	secret_free(&copy);
}

/* What stands behind "Authorization: Basic ", also without its padding, which
 * says nothing. */
static void mask_basic(struct grant_answer *a, const struct credential *c)
{
	const char *fault = NULL;
	struct question q;
	char *basic;

	if (c->client_auth != CLIENT_BASIC ||
	    question_make(c, 0, &q, &fault) != ERR_OK)
		return;
	basic = strrchr(q.authorization, ' ') + 1;
	basic[strcspn(basic, "=")] = '\0';
	mask_forms(a, basic);
	question_fini(&q);
}

void grant_answer_scrub(struct grant_answer *a, const struct credential *c)
{
	if (c->client_secret)
		mask_forms(a, c->client_secret);
	for (size_t i = 0; i < c->n_params; i++)
		if (strlen(c->params[i].value) >= TELLTALE_BYTES_MIN)
			mask_forms(a, c->params[i].value);
	if (c->private_key) {
		mask_lines(a, c->private_key);
		mask_all(a, ASSERTION_START);
	}
	mask_basic(a, c);
	if (a->token)
		mask_all(a, a->token);
}
