/*
 * webhook - reads one webhook's document.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The console has checked what it wrote; here the bounds are checked once more,
 * because a document that another hand wrote must not harm a process.
 */
#include "store/webhook.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "filter/filter.h"
#include "store/journey.h"
#include "store/seal.h"

#define LIST_MAX 1024

/* What every step of reading needs. */
struct reader {
	const struct webhook_source *source;
	struct webhook *w;
	struct slice id; /* text, borrowed from the document */
	const char *fault;
};

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
static bool read_text(struct reader *r, const json_t *doc, const char *field,
		      char **out)
{
	json_t *value = json_object_get(doc, field);
	struct slice s = text_of(value);

	if (!json_is_string(value) || memchr(s.p, 0, s.n))
		return refuse(r, field);
	*out = slice_dup(s);
	return true;
}

static bool read_u32(struct reader *r, const json_t *value, const char *field,
		     uint32_t *out)
{
	if (!value)
		return true;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > UINT32_MAX)
		return refuse(r, field);
	*out = (uint32_t)json_integer_value(value);
	return true;
}

/* Opens a sealed text; the caller owns the result and wipes it. */
static char *read_secret(struct reader *r, const json_t *value,
			 const char *path, struct slice name)
{
	char context[SEAL_CONTEXT_SIZE];

	if (!json_is_string(value))
		return NULL;
	return seal_open(r->source->master_key,
			 seal_context(context, r->id, path, name),
			 text_of(value));
}

static bool read_kind(struct reader *r, const json_t *doc)
{
	const json_t *kind = json_object_get(doc, "kind");

	r->w->is_journey = slice_eq_str(text_of(kind), "journey");
	return true;
}

static bool read_event_names(struct reader *r, const json_t *doc)
{
	json_t *list = json_object_get(doc, "eventNames");
	size_t n = json_array_size(list);

	if (r->w->is_journey)
		return true;
	if (!json_is_array(list) || n > LIST_MAX)
		return refuse(r, "eventNames");
	r->w->event_names = xcalloc(n ? n : 1, sizeof(char *));
	for (size_t i = 0; i < n; i++) {
		json_t *name = json_array_get(list, i);

		if (!json_is_string(name))
			return refuse(r, "eventNames");
		r->w->event_names[i] = slice_dup(text_of(name));
		r->w->n_event_names++;
	}
	return true;
}

static bool read_delays(struct reader *r, const json_t *list)
{
	static const uint32_t fallback[] = RETRY_DELAYS_DEFAULT;
	struct webhook *w = r->w;

	if (!list) {
		memcpy(w->retry_delays_s, fallback, sizeof(fallback));
		w->n_retry_delays = sizeof(fallback) / sizeof(fallback[0]);
		return true;
	}
	if (!json_is_array(list) || json_array_size(list) > RETRY_DELAYS_MAX)
		return refuse(r, "retry.delaysS");
	w->n_retry_delays = json_array_size(list);
	for (size_t i = 0; i < w->n_retry_delays; i++)
		if (!read_u32(r, json_array_get(list, i), "retry.delaysS",
			      &w->retry_delays_s[i]))
			return false;
	return true;
}

static bool read_retry(struct reader *r, const json_t *doc)
{
	json_t *retry = json_object_get(doc, "retry");
	json_t *jitter = json_object_get(retry, "jitter");

	r->w->retry_jitter = RETRY_JITTER_DEFAULT;
	if (jitter) {
		if (!json_is_number(jitter) || json_number_value(jitter) < 0 ||
		    json_number_value(jitter) > 1)
			return refuse(r, "retry.jitter");
		r->w->retry_jitter = json_number_value(jitter);
	}
	return read_delays(r, json_object_get(retry, "delaysS"));
}

static bool read_limits(struct reader *r, const json_t *doc)
{
	json_t *limits = json_object_get(doc, "limits");
	struct webhook *w = r->w;

	w->concurrency = CONCURRENCY_DEFAULT;
	w->timeout_ms = TIMEOUT_MS_DEFAULT;
	if (!read_u32(r, json_object_get(limits, "concurrency"),
		      "limits.concurrency", &w->concurrency) ||
	    !read_u32(r, json_object_get(limits, "ratePerSecond"),
		      "limits.ratePerSecond", &w->rate_per_second) ||
	    !read_u32(r, json_object_get(doc, "timeoutMs"), "timeoutMs",
		      &w->timeout_ms))
		return false;
	if (w->concurrency == 0)
		return refuse(r, "limits.concurrency");
	return w->timeout_ms > 0 || refuse(r, "timeoutMs");
}

static bool read_batch(struct reader *r, const json_t *doc)
{
	json_t *batch = json_object_get(doc, "batch");
	struct webhook *w = r->w;

	if (!batch)
		return true;
	if (!json_is_object(batch))
		return refuse(r, "batch");
	w->batch_events = BATCH_EVENTS_DEFAULT;
	w->batch_wait_ms = BATCH_WAIT_MS_DEFAULT;
	if (!read_u32(r, json_object_get(batch, "maxEvents"), "batch.maxEvents",
		      &w->batch_events) ||
	    !read_u32(r, json_object_get(batch, "maxWaitMs"), "batch.maxWaitMs",
		      &w->batch_wait_ms))
		return false;
	if (w->batch_events < 1 || w->batch_events > WEBHOOK_BATCH_MAX)
		return refuse(r, "batch.maxEvents");
	return w->batch_wait_ms <= WEBHOOK_BATCH_WAIT_MS_MAX ||
	       refuse(r, "batch.maxWaitMs");
}

static bool read_ordering(struct reader *r, const json_t *doc)
{
	json_t *ordering = json_object_get(doc, "ordering");
	const char *text = json_string_value(ordering);

	/* A journey's calls are always in the order of their path. */
	r->w->ordered = r->w->is_journey || (text && !strcmp(text, "key"));
	return !ordering || r->w->ordered || (text && !strcmp(text, "none")) ||
	       refuse(r, "ordering");
}

static bool read_headers(struct reader *r, const json_t *doc)
{
	json_t *headers = json_object_get(doc, "headers"), *value;
	struct webhook *w = r->w;
	const char *name;

	if (!headers)
		return true;
	if (!json_is_object(headers) || json_object_size(headers) > LIST_MAX)
		return refuse(r, "headers");
	w->headers =
	    xcalloc(json_object_size(headers) + 1, sizeof(w->headers[0]));
	json_object_foreach(headers, name, value)
	{
		struct header_pair *pair = &w->headers[w->n_headers];

		pair->value =
		    strlen(name) > 256
			? NULL
			: read_secret(r, value, "headers", slice_of(name));
		if (!pair->value)
			return refuse(r, "headers");
		pair->name = xstrdup(name);
		w->n_headers++;
	}
	return true;
}

static bool read_auth_type(const json_t *auth, enum auth_type *out)
{
	static const char *const names[] = {
	    [AUTH_NONE] = "none",
	    [AUTH_BASIC] = "basic",
	    [AUTH_BEARER] = "bearer",
	    [AUTH_OAUTH2] = "oauth2",
	};
	struct slice type = text_of(json_object_get(auth, "type"));

	*out = AUTH_NONE;
	if (!auth)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!slice_eq_str(type, names[i]))
			continue;
		*out = (enum auth_type)i;
		return true;
	}
	return false;
}

static bool read_credential(struct reader *r, const json_t *auth)
{
	return r->w->auth != AUTH_OAUTH2 ||
	       ulid_parse(text_of(json_object_get(auth, "credential")), "cred",
			  &r->w->credential) == ERR_OK;
}

/* Who makes no requests goes on with what it does not understand: whoever makes
 * them refuses it. */
static bool read_auth(struct reader *r, const json_t *doc)
{
	const json_t *auth = json_object_get(doc, "auth");

	if (!read_auth_type(auth, &r->w->auth))
		return !r->source->with_request || refuse(r, "auth.type");
	return read_credential(r, auth) || !r->source->with_request ||
	       refuse(r, "auth.credential");
}

static bool read_auth_secret(struct reader *r, const json_t *doc)
{
	const json_t *auth = json_object_get(doc, "auth");
	struct webhook *w = r->w;

	if (w->auth == AUTH_BEARER) {
		w->auth_secret = read_secret(r, json_object_get(auth, "token"),
					     "auth.token", slice_of(NULL));
		return w->auth_secret || refuse(r, "auth.token");
	}
	if (w->auth != AUTH_BASIC)
		return true;
	w->auth_secret = read_secret(r, json_object_get(auth, "password"),
				     "auth.password", slice_of(NULL));
	if (!w->auth_secret)
		return refuse(r, "auth.password");
	return read_text(r, auth, "username", &w->auth_user);
}

static bool read_signing_secret(struct reader *r, const json_t *value,
				struct signing_secret *secret)
{
	const json_t *until = json_object_get(value, "until");
	char *text;
	bool ok;

	if (json_is_object(value)) {
		if (until && rfc3339_parse(text_of(until), &secret->until_ms))
			return refuse(r, "signing.secrets");
		value = json_object_get(value, "secret");
	}
	text = read_secret(r, value, "signing.secrets", slice_of(NULL));
	ok = text && signing_secret_parse(slice_of(text), secret) == ERR_OK;
	secret_free(&text);
	return ok || refuse(r, "signing.secrets");
}

static bool read_signing(struct reader *r, const json_t *doc)
{
	json_t *signing = json_object_get(doc, "signing");
	json_t *secrets = json_object_get(signing, "secrets");
	struct webhook *w = r->w;

	w->signing = json_is_true(json_object_get(signing, "enabled"));
	if (!w->signing)
		return true;
	if (json_array_size(secrets) > SIGNING_SECRETS_MAX)
		return refuse(r, "signing.secrets");
	for (size_t i = 0; i < json_array_size(secrets); i++) {
		if (!read_signing_secret(r, json_array_get(secrets, i),
					 &w->secrets[i]))
			return false;
		w->n_secrets++;
	}
	return true;
}

/* A text that may be missing. */
static bool read_optional(struct reader *r, const json_t *doc,
			  const char *field, char **out)
{
	return !json_object_get(doc, field) || read_text(r, doc, field, out);
}

static bool read_tls(struct reader *r, const json_t *doc)
{
	json_t *tls = json_object_get(doc, "tls");
	json_t *key = json_object_get(tls, "clientKey");
	struct webhook_tls *out = &r->w->tls;

	if (!tls)
		return true;
	if (!json_is_object(tls))
		return refuse(r, "tls");
	if (!read_optional(r, tls, "ca", &out->ca) ||
	    !read_optional(r, tls, "clientCertificate", &out->certificate))
		return false;
	if (key)
		out->key = read_secret(r, key, "tls.clientKey", slice_of(NULL));
	return !out->key == !out->certificate || refuse(r, "tls.clientKey");
}

static bool read_journey(struct reader *r, const json_t *doc)
{
	const char *fault;

	if (!r->w->is_journey)
		return true;
	r->w->journey = journey_read(doc, &fault);
	return r->w->journey || refuse(r, fault);
}

static bool read_request(struct reader *r, const json_t *doc)
{
	if (!r->source->with_request)
		return true;
	if (json_object_get(doc, "contentType")) {
		if (!read_text(r, doc, "contentType", &r->w->content_type))
			return false;
	} else {
		r->w->content_type = xstrdup("application/json");
	}
	r->w->keep_answer = !json_is_false(json_object_get(doc, "keepAnswer"));
	return read_headers(r, doc) && read_auth_secret(r, doc) &&
	       read_signing(r, doc) && read_tls(r, doc) && read_journey(r, doc);
}

/* Compiled here, once; one without conditions is none. */
static bool read_filter(struct reader *r, const json_t *doc)
{
	json_t *filter = json_object_get(doc, "filter");
	struct filter_fault fault;

	if (!filter || !r->source->with_filter)
		return true;
	r->w->filter = filter_compile(filter, &fault);
	if (!r->w->filter)
		return refuse(r, "filter");
	if (filter_is_empty(r->w->filter))
		filter_free(&r->w->filter);
	return true;
}

static bool read_state(struct reader *r, const json_t *doc)
{
	json_t *version = json_object_get(doc, "version");
	struct slice reason = r->source->disabled_reason;

	if (!json_is_integer(version) || json_integer_value(version) < 0)
		return refuse(r, "version");
	r->w->version = (uint64_t)json_integer_value(version);
	r->w->enabled = !json_is_false(json_object_get(doc, "enabled"));
	if (reason.n > 0) {
		r->w->enabled = false;
		r->w->disabled_reason = slice_dup(reason);
	}
	return true;
}

static bool read_document(struct reader *r, const json_t *doc)
{
	r->id = text_of(json_object_get(doc, "id"));
	if (!json_is_object(doc))
		return refuse(r, "document");
	if (ulid_parse(r->id, "wh", &r->w->id) != ERR_OK)
		return refuse(r, "id");
	return read_text(r, doc, "project", &r->w->project) &&
	       read_text(r, doc, "name", &r->w->name) &&
	       read_text(r, doc, "url", &r->w->url) && read_state(r, doc) &&
	       read_kind(r, doc) && read_event_names(r, doc) &&
	       read_filter(r, doc) && read_retry(r, doc) &&
	       read_limits(r, doc) && read_batch(r, doc) &&
	       read_ordering(r, doc) && read_auth(r, doc) &&
	       read_request(r, doc);
}

enum err webhook_parse(const struct webhook_source *source,
		       struct webhook **out, const char **fault)
{
	struct reader r = {.source = source};
	json_t *doc = json_loadb(source->document.p, source->document.n,
				 JSON_REJECT_DUPLICATES, NULL);
	bool ok;

	r.w = xcalloc(1, sizeof(*r.w));
	r.w->refs = 1;
	ok = doc ? read_document(&r, doc) : refuse(&r, "document");
	json_decref(doc);
	if (!ok) {
		*fault = r.fault;
		webhook_unref(&r.w);
		return ERR_MALFORMED;
	}
	*out = r.w;
	return ERR_OK;
}

struct webhook *webhook_ref(struct webhook *w)
{
	must(w->refs > 0);
	w->refs++;
	return w;
}

static void webhook_free(struct webhook *w)
{
	for (size_t i = 0; i < w->n_event_names; i++)
		free(w->event_names[i]);
	for (size_t i = 0; i < w->n_headers; i++) {
		free(w->headers[i].name);
		secret_free(&w->headers[i].value);
	}
	filter_free(&w->filter);
	secret_free(&w->auth_secret);
	explicit_bzero(w->secrets, sizeof(w->secrets));
	secret_free(&w->tls.key);
	free(w->tls.certificate);
	free(w->tls.ca);
	free(w->event_names);
	free(w->headers);
	free(w->auth_user);
	free(w->content_type);
	journey_free(&w->journey);
	free(w->disabled_reason);
	free(w->project);
	free(w->name);
	free(w->url);
	free(w);
}

void webhook_unref(struct webhook **w)
{
	struct webhook *mine = *w;

	*w = NULL;
	if (!mine)
		return;
	must(mine->refs > 0);
	if (--mine->refs == 0)
		webhook_free(mine);
}
