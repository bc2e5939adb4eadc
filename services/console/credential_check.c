/*
 * credential_check - is this a credential's document?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "credential_check.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "net/url.h"
#include "pem.h"
#include "store/credential.h"

#define CLIENT_ID_MAX 1024
#define KEY_BYTES_MAX (16 * 1024)
#define KEY_ID_MAX 256
#define SCOPE_MAX 4096
#define TEXT_MAX 2048

/* What the request itself has. */
static const char *const reserved[] = {
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "scope",
    "audience",
    "resource",
    NULL,
};

/* A text of 1 to max bytes, each of them of ASCII and visible; space: or one.
 */
static bool is_plain(const char *s, size_t max, bool space)
{
	size_t n = s ? strlen(s) : 0;

	if (n == 0 || n > max)
		return false;
	for (; *s; s++)
		if (*s >= 0x7f || *s < 0x20 || (*s == ' ' && !space))
			return false;
	return true;
}

static const char *text_of(const json_t *doc, const char *field)
{
	return json_string_value(json_object_get(doc, field));
}

/* --- secrets ------------------------------------------------------------ */

bool credential_check_secret(const json_t *value, struct fault *f)
{
	return check_secret("clientSecret", value, f) &&
	       (json_string_length(value) > 0 ||
		fault_invalid(f, "clientSecret", "it is empty"));
}

bool credential_check_key(const json_t *value, struct fault *f)
{
	const char *text = json_string_value(value), *why;

	if (!text || strlen(text) > KEY_BYTES_MAX)
		return fault_invalid(f, "privateKey",
				     "a private key in PEM of at most 16 KiB");
	why = pem_check_signing_key(text);
	return !why || fault_invalid(f, "privateKey", why);
}

bool credential_check_param(const char *name, const json_t *value,
			    struct fault *f)
{
	char field[FIELD_SIZE];

	if (!is_plain(name, CREDENTIAL_PARAM_NAME_MAX, false))
		return fault_invalid(f, "extraParams",
				     "a name is not 1 to 128 visible "
				     "characters of ASCII");
	snprintf(field, sizeof(field), "extraParams.%s", name);
	if (is_one_of(name, reserved))
		return fault_invalid(f, field,
				     "this parameter has a field of its own, "
				     "or is always the same");
	return check_secret(field, value, f);
}

/* --- the whole ---------------------------------------------------------- */

static bool check_type(const json_t *doc, struct fault *f)
{
	const char *type = text_of(doc, "type");

	return (type && !strcmp(type, "oauth2")) ||
	       fault_invalid(f, "type", "oauth2 is wanted");
}

static bool check_url(const struct target_rules *rules, const json_t *doc,
		      struct fault *f)
{
	const char *text = text_of(doc, "tokenUrl"), *why;
	struct url_parts parts;

	if (!text)
		return fault_invalid(f, "tokenUrl", "a URL is wanted");
	why = url_parse(rules, slice_of(text), URL_BYTES_MAX, &parts);
	if (!why && strpbrk(text, "{}"))
		why = "it has a brace: there are no merge fields here";
	return !why || fault_invalid(f, "tokenUrl", why);
}

/* One secret, the one that the way of authentication has a use for. */
static bool check_client(const json_t *doc, struct fault *f)
{
	const char *way = text_of(doc, "clientAuth");
	enum client_auth auth;
	const char *field;

	if (!is_plain(text_of(doc, "clientId"), CLIENT_ID_MAX, true))
		return fault_invalid(f, "clientId",
				     "1 to 1024 visible characters of ASCII");
	if (!client_auth_parse(slice_of(way), &auth))
		return fault_invalid(f, "clientAuth",
				     "client_secret_basic, client_secret_post "
				     "or private_key_jwt");
	field = auth == CLIENT_JWT ? "privateKey" : "clientSecret";
	return json_object_get(doc, field) ||
	       fault_invalid(f, field, "it is missing");
}

static bool check_optional(const json_t *doc, const char *field, size_t max,
			   struct fault *f)
{
	const json_t *value = json_object_get(doc, field);
	char why[64];

	if (!value || is_plain(json_string_value(value), max, true))
		return true;
	snprintf(why, sizeof(why), "1 to %zu visible characters of ASCII", max);
	return fault_invalid(f, field, why);
}

/* RFC 6749, A.4: tokens with one space between two. */
static bool check_scope(const json_t *doc, struct fault *f)
{
	const char *s = text_of(doc, "scope");
	size_t n = s ? strlen(s) : 0;

	if (!check_optional(doc, "scope", SCOPE_MAX, f))
		return false;
	return !s ||
	       (!strpbrk(s, "\"\\") && !strstr(s, "  ") && s[0] != ' ' &&
		s[n - 1] != ' ') ||
	       fault_invalid(f, "scope",
			     "words with one space between two, without "
			     "quotation marks and backslashes");
}

/* RFC 8707: an absolute URI without a fragment. */
static bool is_resource(const json_t *value)
{
	static const char scheme[] = "0123456789+-."
				     "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *s = json_string_value(value);
	size_t n;

	if (!is_plain(s, TEXT_MAX, false) || strpbrk(s, "#\"<>\\^`{|}"))
		return false;
	n = strspn(s, scheme);
	/* A scheme begins with a letter. */
	return n > 0 && !strchr("0123456789+-.", s[0]) && s[n] == ':' &&
	       s[n + 1];
}

static bool check_resource(const json_t *doc, struct fault *f)
{
	const json_t *value = json_object_get(doc, "resource");
	size_t n = json_array_size(value);
	bool ok = !value || is_resource(value) ||
		  (n > 0 && n <= CREDENTIAL_RESOURCES_MAX);

	for (size_t i = 0; i < n && ok; i++)
		ok = is_resource(json_array_get(value, i));
	return ok || fault_invalid(f, "resource",
				   "an absolute URI without a fragment, or a "
				   "list of 1 to 16");
}

static bool check_params(const json_t *doc, struct fault *f)
{
	const json_t *params = json_object_get(doc, "extraParams");

	return !params ||
	       (json_is_object(params) &&
		json_object_size(params) <= CREDENTIAL_PARAMS_MAX) ||
	       fault_invalid(f, "extraParams",
			     "an object of at most 32 texts is wanted");
}

bool credential_check(const struct target_rules *rules, const json_t *doc,
		      struct fault *f)
{
	const json_t *name = json_object_get(doc, "name");

	return (!name || check_name(name, f)) && check_type(doc, f) &&
	       check_url(rules, doc, f) && check_client(doc, f) &&
	       check_optional(doc, "keyId", KEY_ID_MAX, f) &&
	       check_scope(doc, f) &&
	       check_optional(doc, "audience", TEXT_MAX, f) &&
	       check_resource(doc, f) && check_params(doc, f);
}
