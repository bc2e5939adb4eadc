/*
 * check - is this a webhook's document? Names the field that is at fault.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "check_journey.h"
#include "check_url.h"
#include "filter/filter.h"
#include "proto/messages.h"
#include "store/config.h"
#include "store/header_rule.h"

#define NAME_BYTES_MAX 128
#define EVENT_NAMES_MAX 256
#define HEADERS_MAX 64
#define HEADER_VALUE_MAX 4096
#define SECRET_MAX 4096
#define DELAY_S_MAX (30 * 86400)
#define CONCURRENCY_MAX 10000
#define RATE_MAX 1000000
#define TIMEOUT_MS_MIN 100
#define TIMEOUT_MS_MAX 300000

bool only_fields(const json_t *object, const char *path,
		 const char *const *allowed, struct fault *f)
{
	const char *name;
	char field[FIELD_SIZE];
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		if (is_one_of(name, allowed))
			continue;
		snprintf(field, sizeof(field), "%s.%s", path, name);
		fault_set(f, "unknown_field", field, "there is no such field");
		return false;
	}
	return true;
}

static bool check_integer(const json_t *value, const char *field,
			  const json_int_t bounds[2], struct fault *f)
{
	if (json_is_integer(value) && json_integer_value(value) >= bounds[0] &&
	    json_integer_value(value) <= bounds[1])
		return true;
	fault_set(f, "invalid", field, "a whole number from %lld to %lld",
		  (long long)bounds[0], (long long)bounds[1]);
	return false;
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

bool check_name(const json_t *value, struct fault *f)
{
	const char *name = json_string_value(value);

	if (name && *name && strlen(name) <= NAME_BYTES_MAX &&
	    !has_control(name))
		return true;
	return fault_invalid(
	    f, "name", "1 to 128 bytes without control characters are wanted");
}

bool check_header(const char *name, const json_t *value, struct fault *f)
{
	const char *text = json_string_value(value);
	char field[FIELD_SIZE];

	if (!header_name_valid(name) || strlen(name) > NAME_BYTES_MAX)
		return fault_invalid(f, "headers",
				     "a name is not one of a header");
	snprintf(field, sizeof(field), "headers.%s", name);
	if (header_name_reserved(name))
		return fault_invalid(f, field, "this header cannot be set");
	if (!text || strlen(text) > HEADER_VALUE_MAX)
		return fault_invalid(f, field, "a text of at most 4096 bytes");
	if (!header_value_valid(text))
		return fault_invalid(f, field, "it has a control character");
	return true;
}

bool check_secret(const char *field, const json_t *value, struct fault *f)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) > SECRET_MAX || has_control(text))
		return fault_invalid(
		    f, field,
		    "a text of at most 4096 bytes without control "
		    "characters");
	return true;
}

static bool check_headers(const json_t *headers, struct fault *f)
{
	const char *name, *other;
	json_t *value, *ignored;

	if (!json_is_object(headers) || json_object_size(headers) > HEADERS_MAX)
		return fault_invalid(
		    f, "headers", "an object of at most 64 headers is wanted");
	json_object_foreach((json_t *)headers, name, value)
	{
		json_object_foreach((json_t *)headers, other, ignored)
		{
			if (other != name &&
			    slice_eq_nocase(slice_of(name), slice_of(other)))
				return fault_invalid(
				    f, "headers",
				    "a header stands there twice");
		}
	}
	return true;
}

/* Which of the two would be sent? */
static bool check_authorization(const json_t *doc, struct fault *f)
{
	json_t *auth = json_object_get(doc, "auth");
	const char *type = json_string_value(json_object_get(auth, "type"));
	const char *name;
	json_t *ignored;

	json_object_foreach(json_object_get(doc, "headers"), name, ignored)
	{
		if (slice_eq_nocase(slice_of(name),
				    SLICE_LIT("Authorization")) &&
		    strcmp(type, "none") != 0)
			return fault_invalid(f, "headers.Authorization",
					     "auth sets this header");
	}
	return true;
}

static bool check_basic(const json_t *auth, struct fault *f)
{
	const char *user = json_string_value(json_object_get(auth, "username"));

	if (!user || strlen(user) > NAME_BYTES_MAX * 2 || strchr(user, ':') ||
	    has_control(user))
		return fault_invalid(
		    f, "auth.username",
		    "a text of at most 256 bytes without a colon");
	return json_object_get(auth, "password") ||
	       fault_invalid(f, "auth.password", "it is missing");
}

static bool check_bearer(const json_t *auth, struct fault *f)
{
	return json_object_get(auth, "token") ||
	       fault_invalid(f, "auth.token", "it is missing");
}

static bool check_oauth2(const json_t *auth, struct fault *f)
{
	const char *id = json_string_value(json_object_get(auth, "credential"));
	struct ulid ulid;

	return ulid_parse(slice_of(id), "cred", &ulid) == ERR_OK ||
	       fault_invalid(f, "auth.credential",
			     "the id of a credential is wanted: cred_...");
}

static bool check_none(const json_t *auth, struct fault *f)
{
	(void)auth;
	(void)f;
	return true;
}

static bool check_auth(const json_t *auth, struct fault *f)
{
	static const struct {
		const char *type, *fields[4];
		bool (*check)(const json_t *auth, struct fault *f);
	} types[] = {
	    {"none", {"type"}, check_none},
	    {"basic", {"type", "username", "password"}, check_basic},
	    {"bearer", {"type", "token"}, check_bearer},
	    {"oauth2", {"type", "credential"}, check_oauth2},
	};
	const char *type = json_string_value(json_object_get(auth, "type"));

	if (!json_is_object(auth))
		return fault_invalid(f, "auth", "an object is wanted");
	for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i].type))
			return only_fields(auth, "auth", types[i].fields, f) &&
			       types[i].check(auth, f);
	return fault_invalid(f, "auth.type", "none, basic, bearer or oauth2");
}

static bool check_signing(const json_t *signing, struct fault *f)
{
	static const char *const allowed[] = {"enabled", "algorithm", "secrets",
					      NULL};
	enum signing_kind kind;
	json_t *secrets = json_object_get(signing, "secrets");

	if (!json_is_object(signing))
		return fault_invalid(f, "signing", "an object is wanted");
	if (!only_fields(signing, "signing", allowed, f))
		return false;
	if (!json_is_boolean(json_object_get(signing, "enabled")))
		return fault_invalid(f, "signing.enabled", "true or false");
	if (!signing_kind_parse(
		json_string_value(json_object_get(signing, "algorithm")),
		&kind))
		return fault_invalid(f, "signing.algorithm",
				     "hmac-sha256 or ed25519");
	return (json_is_array(secrets) &&
		json_array_size(secrets) <= SIGNING_SECRETS_MAX) ||
	       fault_invalid(f, "signing.secrets",
			     "a list of at most 8 secrets");
}

static bool check_retry(const json_t *retry, struct fault *f)
{
	static const char *const allowed[] = {"delaysS", "jitter", NULL};
	static const json_int_t bounds[2] = {0, DELAY_S_MAX};
	json_t *delays = json_object_get(retry, "delaysS");
	json_t *jitter = json_object_get(retry, "jitter");

	if (!json_is_object(retry))
		return fault_invalid(f, "retry", "an object is wanted");
	if (!only_fields(retry, "retry", allowed, f))
		return false;
	if (!json_is_array(delays) ||
	    json_array_size(delays) > RETRY_DELAYS_MAX)
		return fault_invalid(f, "retry.delaysS",
				     "a list of at most 32 numbers is wanted");
	for (size_t i = 0; i < json_array_size(delays); i++)
		if (!check_integer(json_array_get(delays, i), "retry.delaysS",
				   bounds, f))
			return false;
	return (json_is_number(jitter) && json_number_value(jitter) >= 0 &&
		json_number_value(jitter) <= 1) ||
	       fault_invalid(f, "retry.jitter", "a number from 0 to 1");
}

static bool check_limits(const json_t *doc, struct fault *f)
{
	static const char *const allowed[] = {"concurrency", "ratePerSecond",
					      NULL};
	static const json_int_t concurrency[2] = {1, CONCURRENCY_MAX};
	static const json_int_t rate[2] = {0, RATE_MAX};
	static const json_int_t timeout[2] = {TIMEOUT_MS_MIN, TIMEOUT_MS_MAX};
	json_t *limits = json_object_get(doc, "limits");

	if (!json_is_object(limits))
		return fault_invalid(f, "limits", "an object is wanted");
	return only_fields(limits, "limits", allowed, f) &&
	       check_integer(json_object_get(limits, "concurrency"),
			     "limits.concurrency", concurrency, f) &&
	       check_integer(json_object_get(limits, "ratePerSecond"),
			     "limits.ratePerSecond", rate, f) &&
	       check_integer(json_object_get(doc, "timeoutMs"), "timeoutMs",
			     timeout, f);
}

/* One request stands for many events: nothing of it may depend on one. */
static bool check_batch_alone(const json_t *doc, struct fault *f)
{
	const char *url = json_string_value(json_object_get(doc, "url"));

	return !url || !strstr(url, "{{") ||
	       fault_invalid(
		   f, "batch",
		   "it cannot be combined with merge fields in the URL");
}

static bool check_batch(const json_t *doc, struct fault *f)
{
	static const char *const allowed[] = {"maxEvents", "maxWaitMs", NULL};
	static const json_int_t events[2] = {1, WEBHOOK_BATCH_MAX};
	static const json_int_t wait[2] = {0, WEBHOOK_BATCH_WAIT_MS_MAX};
	json_t *batch = json_object_get(doc, "batch");

	if (!batch)
		return true;
	if (!json_is_object(batch))
		return fault_invalid(f, "batch",
				     "an object with maxEvents and maxWaitMs");
	return only_fields(batch, "batch", allowed, f) &&
	       check_integer(json_object_get(batch, "maxEvents"),
			     "batch.maxEvents", events, f) &&
	       check_integer(json_object_get(batch, "maxWaitMs"),
			     "batch.maxWaitMs", wait, f) &&
	       check_batch_alone(doc, f);
}

static bool check_event_names(const json_t *list, struct fault *f)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n == 0 || n > EVENT_NAMES_MAX)
		return fault_invalid(f, "eventNames",
				     "a list of 1 to 256 names, or [\"*\"]");
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (!s || !*s || strlen(s) > EVENT_NAME_BYTES_MAX)
			return fault_invalid(
			    f, "eventNames",
			    "each is a text of 1 to 128 bytes");
		if (!strcmp(s, "*") && n > 1)
			return fault_invalid(f, "eventNames",
					     "\"*\" stands alone");
	}
	return true;
}

/* What the router will do with it is done here once to see that it can be. */
static bool check_filter(const json_t *filter, struct fault *f)
{
	struct filter_fault fault;
	struct filter *compiled;

	if (!filter)
		return true;
	compiled = filter_compile(filter, &fault);
	if (!compiled)
		return fault_invalid(f, fault.path, fault.text);
	filter_free(&compiled);
	return true;
}

static bool check_ordering(const json_t *doc, struct fault *f)
{
	json_t *ordering = json_object_get(doc, "ordering");
	const char *text = json_string_value(ordering);

	if (!text || (strcmp(text, "none") != 0 && strcmp(text, "key") != 0))
		return fault_invalid(f, "ordering", "none or key");
	return !strcmp(text, "none") || !json_object_get(doc, "batch") ||
	       fault_invalid(f, "ordering", "it cannot be combined with batch");
}

static bool check_content_type(const json_t *value, struct fault *f)
{
	const char *s = json_string_value(value);

	if (!value)
		return true;
	if (s && strchr(s, '/') && strlen(s) <= NAME_BYTES_MAX) {
		while (*s >= 0x20 && *s < 0x7f)
			s++;
		if (!*s)
			return true;
	}
	return fault_invalid(f, "contentType", "a media type is wanted");
}

static bool check_flag(const json_t *doc, const char *name, struct fault *f)
{
	return json_is_boolean(json_object_get(doc, name)) ||
	       fault_invalid(f, name, "true or false");
}

/* Which events a webhook of the system wants, and how it gets them. */
static bool check_system(const json_t *doc, struct fault *f)
{
	return check_event_names(json_object_get(doc, "eventNames"), f) &&
	       check_filter(json_object_get(doc, "filter"), f) &&
	       check_ordering(doc, f) && check_batch(doc, f);
}

bool check_document(const struct target_rules *rules, const json_t *doc,
		    struct fault *f)
{
	return check_name(json_object_get(doc, "name"), f) &&
	       check_kind(doc, f) && check_flag(doc, "enabled", f) &&
	       check_flag(doc, "keepAnswer", f) && check_url(rules, doc, f) &&
	       (is_journey(doc) ? check_journey(doc, f)
				: check_system(doc, f)) &&
	       check_headers(json_object_get(doc, "headers"), f) &&
	       check_auth(json_object_get(doc, "auth"), f) &&
	       check_authorization(doc, f) &&
	       check_signing(json_object_get(doc, "signing"), f) &&
	       check_retry(json_object_get(doc, "retry"), f) &&
	       check_limits(doc, f) &&
	       check_content_type(json_object_get(doc, "contentType"), f);
}
