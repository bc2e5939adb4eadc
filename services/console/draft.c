/*
 * draft - merges, seals and completes a webhook's document.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the caller wrote is sealed before it is merged, so that a document never
 * holds a secret in the clear; check.c then looks at the merged whole.
 */
#include "draft.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "check.h"
#include "store/seal.h"
#include "store/webhook.h"

#define SECRET_BYTES_MAX 8192
#define PATCHED_HEADERS_MAX 256
#define ROTATION_MS (24u * 3600 * 1000)

/* In the order in which they are shown. */
static const char *const fields[] = {
    "id",	   "project",	"name",	      "kind",	 "enabled",
    "url",	   "method",	"eventNames", "headers", "auth",
    "contentType", "signing",	"retry",      "limits",	 "timeoutMs",
    "createdAt",   "updatedAt", "version",    NULL,
};
static const char *const read_only[] = {
    "id", "project", "createdAt", "updatedAt", "disabledReason", NULL,
};
static const char *const not_yet[] = {
    "filter", "body", "sendProfileFields", "capture", "dataRetrieval",
    "tls",    NULL,
};

static bool is_among(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

/* What may not be changed may stand there unchanged, so that an answer can be
 * edited and sent back. */
static bool check_read_only(const json_t *old, const char *name,
			    const json_t *value, struct fault *f)
{
	json_t *have = json_object_get(old, name);

	if (old && !strcmp(name, "disabledReason"))
		return true;
	if (have && json_equal(have, value))
		return true;
	if (!strcmp(name, "version"))
		fault_set(f, "conflict", name,
			  "it has been changed meanwhile: version is another");
	else
		fault_set(f, "read_only", name, "it cannot be set");
	return false;
}

static bool check_names(const json_t *old, const json_t *body, struct fault *f)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)body, name, value)
	{
		if (is_among(name, not_yet)) {
			if (json_is_null(value))
				continue;
			fault_set(f, "unsupported", name,
				  "this version cannot do it");
			return false;
		}
		if (is_among(name, read_only) || !strcmp(name, "version")) {
			if (!check_read_only(old, name, value, f))
				return false;
		} else if (!is_among(name, fields)) {
			fault_set(f, "unknown_field", name,
				  "there is no such field");
			return false;
		}
	}
	return true;
}

/* --- sealing ----------------------------------------------------------- */

struct sealer {
	const struct draft_env *env;
	const char *id;
	struct fault *fault;
};

static json_t *seal_text(const struct sealer *s, const char *path,
			 const char *name, const char *text)
{
	char context[WEBHOOK_CONTEXT_SIZE];
	struct slice bound =
	    webhook_context(context, slice_of(s->id), path, slice_of(name));
	json_t *value = NULL;
	struct buf out;

	buf_init(&out, 4 * SECRET_BYTES_MAX);
	if (seal(s->env->master_key, bound, slice_of(text), &out) == ERR_OK)
		value = json_stringn(out.p, out.n);
	buf_fini(&out);
	must(value);
	return value;
}

static bool is_mask(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && !strcmp(text, SECRET_MASK);
}

/* Headers: name → value. A mask stands for what the old document has. */
static bool seal_headers(const struct sealer *s, json_t *headers,
			 const json_t *old)
{
	const char *name;
	json_t *value;
	void *next;

	/* Sealing costs: what would be refused later is refused now. */
	if (json_object_size(headers) > PATCHED_HEADERS_MAX) {
		fault_set(s->fault, "invalid", "headers", "too many of them");
		return false;
	}
	json_object_foreach_safe(headers, next, name, value)
	{
		if (json_is_null(value))
			continue;
		if (is_mask(value) && json_object_get(old, name)) {
			json_object_del(headers, name);
			continue;
		}
		if (!check_header(name, value, s->fault))
			return false;
		json_object_set_new(
		    headers, name,
		    seal_text(s, "headers", name, json_string_value(value)));
	}
	return true;
}

static bool seal_field(const struct sealer *s, json_t *auth, const char *name,
		       const json_t *old)
{
	json_t *value = json_object_get(auth, name);
	char path[32];

	snprintf(path, sizeof(path), "auth.%s", name);
	if (!value || json_is_null(value))
		return true;
	if (is_mask(value) && json_object_get(old, name)) {
		json_object_del(auth, name);
		return true;
	}
	if (!check_secret(path, value, s->fault))
		return false;
	json_object_set_new(auth, name,
			    seal_text(s, path, NULL, json_string_value(value)));
	return true;
}

static bool all_masks(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!is_mask(json_array_get(list, i)))
			return false;
	return json_array_size(list) > 0;
}

static bool seal_signing(const struct sealer *s, json_t *signing,
			 const json_t *old)
{
	json_t *list = json_object_get(signing, "secrets");
	json_t *had = json_object_get(old, "secrets");

	if (!json_is_array(list) || json_array_size(list) > SIGNING_SECRETS_MAX)
		return true; /* check.c says so */
	if (all_masks(list) && json_array_size(list) == json_array_size(had)) {
		json_object_del(signing, "secrets");
		return true;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *value = json_array_get(list, i);
		struct signing_secret parsed = {0};
		enum err e = signing_secret_parse(
		    slice_of(json_string_value(value)), &parsed);

		explicit_bzero(&parsed, sizeof(parsed));
		if (e != ERR_OK) {
			fault_set(s->fault, "invalid", "signing.secrets",
				  "each is whsec_ and base64 of 24 to 64 "
				  "bytes");
			return false;
		}
		json_array_set_new(list, i,
				   seal_text(s, "signing.secrets", NULL,
					     json_string_value(value)));
	}
	return true;
}

static bool seal_all(const struct sealer *s, json_t *patch, const json_t *old)
{
	json_t *auth = json_object_get(patch, "auth");
	json_t *old_auth = json_object_get(old, "auth");

	return seal_headers(s, json_object_get(patch, "headers"),
			    json_object_get(old, "headers")) &&
	       seal_field(s, auth, "password", old_auth) &&
	       seal_field(s, auth, "token", old_auth) &&
	       seal_signing(s, json_object_get(patch, "signing"),
			    json_object_get(old, "signing"));
}

/* --- merging ----------------------------------------------------------- */

/* RFC 7396. The depth is bounded by the parser's. */
static void merge(json_t *target, json_t *patch)
{
	const char *name;
	json_t *value;

	json_object_foreach(patch, name, value)
	{
		json_t *have = json_object_get(target, name);

		if (json_is_null(value)) {
			json_object_del(target, name);
		} else if (!json_is_object(value)) {
			json_object_set(target, name, value);
		} else {
			if (!json_is_object(have)) {
				have = json_object();
				json_object_set_new(target, name, have);
			}
			merge(have, value);
		}
	}
}

/* Another type of auth has other fields: the old ones go. */
static void drop_other_auth(json_t *doc, const json_t *patch)
{
	json_t *want = json_object_get(json_object_get(patch, "auth"), "type");
	json_t *have = json_object_get(json_object_get(doc, "auth"), "type");

	if (want && !json_equal(want, have))
		json_object_del(doc, "auth");
}

static void set_default(json_t *doc, const char *name, json_t *value)
{
	if (json_object_get(doc, name))
		json_decref(value);
	else
		json_object_set_new(doc, name, value);
}

static json_t *sub_object(json_t *doc, const char *name)
{
	set_default(doc, name, json_object());
	return json_object_get(doc, name);
}

static json_t *default_delays(void)
{
	static const int delays[] = RETRY_DELAYS_DEFAULT;
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++)
		json_array_append_new(list, json_integer(delays[i]));
	return list;
}

static void set_defaults(json_t *doc)
{
	json_t *part;

	set_default(doc, "kind", json_string("system"));
	set_default(doc, "enabled", json_true());
	set_default(doc, "method", json_string("POST"));
	set_default(doc, "contentType", json_string("application/json"));
	set_default(doc, "timeoutMs", json_integer(TIMEOUT_MS_DEFAULT));
	set_default(doc, "headers", json_object());
	set_default(sub_object(doc, "auth"), "type", json_string("none"));
	part = sub_object(doc, "signing");
	set_default(part, "enabled", json_true());
	set_default(part, "secrets", json_array());
	part = sub_object(doc, "retry");
	set_default(part, "delaysS", default_delays());
	set_default(part, "jitter", json_real(RETRY_JITTER_DEFAULT));
	part = sub_object(doc, "limits");
	set_default(part, "concurrency", json_integer(CONCURRENCY_DEFAULT));
	set_default(part, "ratePerSecond", json_integer(0));
}

/* A new one, sealed; what it is stays in draft->generated. */
static json_t *new_secret(const struct sealer *s, struct draft *draft)
{
	uint8_t key[32];
	struct buf text;

	rng_bytes(key, sizeof(key));
	buf_init(&text, SIGNING_SECRET_SIZE);
	buf_append_str(&text, "whsec_");
	base64_encode(&text, slice_bytes(key, sizeof(key)));
	must(slice_cstr(draft->generated, sizeof(draft->generated),
			buf_slice(&text)));
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text.p, text.n);
	buf_fini(&text);
	return seal_text(s, "signing.secrets", NULL, draft->generated);
}

static void make_secret(const struct sealer *s, struct draft *draft)
{
	json_t *signing = json_object_get(draft->doc, "signing");
	json_t *list = json_object_get(signing, "secrets");

	if (json_is_true(json_object_get(signing, "enabled")) &&
	    json_array_size(list) == 0)
		json_array_append_new(list, new_secret(s, draft));
}

/* The fields in their order. */
static json_t *ordered(json_t *doc)
{
	json_t *out = json_object();

	for (size_t i = 0; fields[i]; i++)
		if (json_object_get(doc, fields[i]))
			json_object_set(out, fields[i],
					json_object_get(doc, fields[i]));
	json_decref(doc);
	return out;
}

static void stamp(const struct draft_env *env, const char *id, json_t *doc,
		  const json_t *old)
{
	json_t *version = json_object_get(old, "version");
	json_t *created = json_object_get(old, "createdAt");
	char now[RFC3339_SIZE];

	rfc3339_format(now, env->now_ms);
	json_object_set_new(doc, "id", json_string(id));
	json_object_set_new(doc, "project", json_string(env->project));
	if (created)
		json_object_set(doc, "createdAt", created);
	else
		json_object_set_new(doc, "createdAt", json_string(now));
	json_object_set_new(doc, "updatedAt", json_string(now));
	json_object_set_new(doc, "version",
			    json_integer(json_integer_value(version) + 1));
}

/* What sealing has taken out, because a mask stands for what is there. */
static void carry_over(json_t *patch, const json_t *body, const json_t *old)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)body, name, value)
	{
		json_t *have = json_object_get(old, name);
		json_t *fresh = json_object_get(patch, name);

		if (!fresh && have)
			json_object_set(patch, name, have);
		else if (json_is_object(fresh) && json_is_object(have))
			carry_over(fresh, value, have);
	}
}

/* Nobody can write down a secret that was made here, so it stays. */
static void carry_signing(json_t *patch, const json_t *old)
{
	json_t *had =
	    json_object_get(json_object_get(old, "signing"), "secrets");

	set_default(patch, "signing", json_object());
	if (had && json_is_object(json_object_get(patch, "signing")))
		set_default(json_object_get(patch, "signing"), "secrets",
			    json_incref(had));
}

enum mode {
	MODE_MERGE,
	MODE_REPLACE, /* what the body leaves out goes back to its default */
};

static json_t *base_of(enum mode mode, const json_t *old, const json_t *body,
		       json_t *patch)
{
	if (mode == MODE_MERGE)
		return old ? json_deep_copy(old) : json_object();
	carry_over(patch, body, old);
	carry_signing(patch, old);
	return json_object();
}

static bool make(const struct sealer *s, enum mode mode, const json_t *old,
		 const json_t *body, struct draft *draft)
{
	json_t *patch, *doc;
	bool ok;

	memset(draft, 0, sizeof(*draft));
	if (!check_names(old, body, s->fault))
		return false;
	patch = json_deep_copy(body);
	json_object_del(patch, "disabledReason");
	if (!seal_all(s, patch, old)) {
		json_decref(patch);
		return false;
	}
	doc = base_of(mode, old, body, patch);
	drop_other_auth(doc, patch);
	merge(doc, patch);
	set_defaults(doc);
	stamp(s->env, s->id, doc, old);
	ok = check_document(s->env->rules, doc, s->fault);
	draft->clear_disabled = json_is_true(json_object_get(patch, "enabled"));
	json_decref(patch);
	if (!ok) {
		json_decref(doc);
		return false;
	}
	draft->doc = ordered(doc);
	make_secret(s, draft);
	return true;
}

bool draft_new(const struct draft_env *env, const char *id, const json_t *body,
	       struct draft *draft, struct fault *fault)
{
	struct sealer s = {env, id, fault};

	return make(&s, MODE_MERGE, NULL, body, draft);
}

bool draft_patch(const struct draft_env *env, const json_t *old,
		 const json_t *body, struct draft *draft, struct fault *fault)
{
	const char *id = json_string_value(json_object_get(old, "id"));
	struct sealer s = {env, id, fault};

	return make(&s, MODE_MERGE, old, body, draft);
}

bool draft_replace(const struct draft_env *env, const json_t *old,
		   const json_t *body, struct draft *draft, struct fault *fault)
{
	const char *id = json_string_value(json_object_get(old, "id"));
	struct sealer s = {env, id, fault};

	return make(&s, MODE_REPLACE, old, body, draft);
}

/* --- rotating ---------------------------------------------------------- */

/* NULL when it has ended already. New. */
static json_t *ending_secret(const struct draft_env *env, json_t *have)
{
	json_t *until = json_object_get(have, "until");
	char end[RFC3339_SIZE];
	json_t *value;
	uint64_t ms;

	if (until)
		return rfc3339_parse(slice_of(json_string_value(until)), &ms) ==
				   ERR_OK &&
			       ms > env->now_ms
			   ? json_incref(have)
			   : NULL;
	value = json_object();
	json_object_set(value, "secret", have);
	json_object_set_new(
	    value, "until",
	    json_string(rfc3339_format(end, env->now_ms + ROTATION_MS)));
	return value;
}

void draft_rotate(const struct draft_env *env, const json_t *old,
		  struct draft *draft)
{
	const char *id = json_string_value(json_object_get(old, "id"));
	struct sealer s = {env, id, NULL};
	json_t *doc = json_deep_copy(old), *list = json_array(), *value;
	json_t *signing, *had;

	memset(draft, 0, sizeof(*draft));
	set_defaults(doc);
	signing = json_object_get(doc, "signing");
	had = json_object_get(signing, "secrets");
	json_array_append_new(list, new_secret(&s, draft));
	for (size_t i = 0; i < json_array_size(had) &&
			   json_array_size(list) < SIGNING_SECRETS_MAX;
	     i++) {
		value = ending_secret(env, json_array_get(had, i));
		if (value)
			json_array_append_new(list, value);
	}
	json_object_set_new(signing, "secrets", list);
	stamp(env, id, doc, old);
	draft->doc = ordered(doc);
}

/* --- showing ----------------------------------------------------------- */

static void mask_field(json_t *object, const char *name)
{
	if (json_object_get(object, name))
		json_object_set_new(object, name, json_string(SECRET_MASK));
}

json_t *draft_view(const json_t *doc, const char *reason)
{
	json_t *view = json_deep_copy(doc);
	json_t *auth = json_object_get(view, "auth");
	json_t *headers = json_object_get(view, "headers");
	json_t *secrets =
	    json_object_get(json_object_get(view, "signing"), "secrets");
	const char *name;
	json_t *value;

	json_object_foreach(headers, name, value)
	    json_object_set_new(headers, name, json_string(SECRET_MASK));
	mask_field(auth, "password");
	mask_field(auth, "token");
	for (size_t i = 0; i < json_array_size(secrets); i++)
		json_array_set_new(secrets, i, json_string(SECRET_MASK));
	if (reason)
		json_object_set_new(view, "enabled", json_false());
	json_object_set_new(view, "disabledReason",
			    reason ? json_text(slice_of(reason)) : json_null());
	return view;
}

json_t *draft_export(const json_t *doc)
{
	json_t *view = draft_view(doc, NULL);

	for (size_t i = 0; read_only[i]; i++)
		json_object_del(view, read_only[i]);
	json_object_del(view, "version");
	return view;
}

void draft_show_generated(json_t *view, const struct draft *draft)
{
	json_t *secrets =
	    json_object_get(json_object_get(view, "signing"), "secrets");

	if (draft->generated[0])
		json_array_set_new(secrets, 0, json_string(draft->generated));
}
