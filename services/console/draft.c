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

#include "base/mem.h"
#include "base/text.h"
#include "check.h"
#include "check_journey.h"
#include "compose.h"
#include "draft_fields.h"
#include "draft_signing.h"
#include "draft_tls.h"
#include "sealer.h"
#include "store/webhook.h"

#define PATCHED_HEADERS_MAX 256

static const char *const known[] = {
    "id",
    "project",
    "name",
    "kind",
    "enabled",
    "url",
    "hosts",
    "method",
    "eventNames",
    "filter",
    "ordering",
    "headers",
    "auth",
    "contentType",
    "body",
    "escape",
    "missing",
    "sendProfileFields",
    "signing",
    "retry",
    "limits",
    "timeoutMs",
    "batch",
    "capture",
    "dataRetrieval",
    "keepAnswer",
    "tls",
    "createdAt",
    "updatedAt",
    "version",
    NULL,
};
static const char *const read_only[] = {
    "id", "project", "createdAt", "updatedAt", NULL,
};
static const char *const computed[] = {"disabledReason", NULL};
static const struct field_names names = {known, read_only, computed};

/* --- sealing ----------------------------------------------------------- */

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

static bool seal_all(const struct sealer *s, json_t *patch, const json_t *old)
{
	json_t *auth = json_object_get(patch, "auth");
	json_t *old_auth = json_object_get(old, "auth");

	return seal_headers(s, json_object_get(patch, "headers"),
			    json_object_get(old, "headers")) &&
	       seal_field(s, auth, "password", old_auth) &&
	       seal_field(s, auth, "token", old_auth) &&
	       signing_seal(s, json_object_get(patch, "signing"),
			    json_object_get(old, "signing")) &&
	       tls_seal(s, json_object_get(patch, "tls"),
			json_object_get(old, "tls"));
}

/* --- merging ----------------------------------------------------------- */

/* A filter is one value: another one takes its place, nothing of the two is
 * mixed, and a null inside it is something to compare with. An empty one is as
 * good as none. */
static void replace_filter(json_t *doc, json_t *patch)
{
	json_t *filter = json_object_get(patch, "filter");

	if (json_is_null(filter) ||
	    (json_is_object(filter) && json_object_size(filter) == 0))
		json_object_del(doc, "filter");
	else if (filter)
		json_object_set(doc, "filter", filter);
	json_object_del(patch, "filter");
}

/* Looked for when it is named: one that has been deleted since does not keep
 * the rest of its webhooks from being changed. */
static bool credential_exists(const struct sealer *s, const json_t *doc,
			      const json_t *patch)
{
	const struct draft_env *env = s->env;
	const char *id = json_string_value(
	    json_object_get(json_object_get(doc, "auth"), "credential"));

	if (!id || !json_object_get(patch, "auth"))
		return true;
	return (env->has_credential &&
		env->has_credential(env->arg, env->project, id)) ||
	       fault_invalid(s->fault, "auth.credential",
			     "the project has no credential of this id");
}

/* Another type of auth has other fields: the old ones go. */
static void drop_other_auth(json_t *doc, const json_t *patch)
{
	json_t *want = json_object_get(json_object_get(patch, "auth"), "type");
	json_t *have = json_object_get(json_object_get(doc, "auth"), "type");

	if (want && !json_equal(want, have))
		json_object_del(doc, "auth");
}

static json_t *sub_object(json_t *doc, const char *name)
{
	fields_default(doc, name, json_object());
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

static void set_batch_defaults(json_t *batch)
{
	if (!json_is_object(batch))
		return;
	fields_default(batch, "maxEvents", json_integer(BATCH_EVENTS_DEFAULT));
	fields_default(batch, "maxWaitMs", json_integer(BATCH_WAIT_MS_DEFAULT));
}

/* A journey's request without a body is of no type. */
static bool may_have_body(const json_t *doc)
{
	const char *method = text_field(doc, "method");

	return json_object_get(doc, "body") || !method ||
	       (strcmp(method, "GET") != 0 && strcmp(method, "DELETE") != 0);
}

static void set_kind_defaults(json_t *doc)
{
	json_t *retrieval = json_object_get(doc, "dataRetrieval");

	fields_default(doc, "kind", json_string("system"));
	fields_default(doc, "method", json_string("POST"));
	if (may_have_body(doc) || !is_journey(doc))
		fields_default(doc, "contentType",
			       json_string("application/json"));
	if (!is_journey(doc)) {
		fields_default(doc, "ordering", json_string("none"));
		return;
	}
	fields_default(doc, "escape", json_string("auto"));
	fields_default(doc, "missing", json_string("empty"));
	if (json_is_object(retrieval))
		fields_default(retrieval, "enabled", json_true());
}

static void set_defaults(json_t *doc)
{
	json_t *part;

	set_kind_defaults(doc);
	fields_default(doc, "enabled", json_true());
	fields_default(doc, "keepAnswer", json_true());
	fields_default(doc, "timeoutMs", json_integer(TIMEOUT_MS_DEFAULT));
	fields_default(doc, "headers", json_object());
	fields_default(sub_object(doc, "auth"), "type", json_string("none"));
	part = sub_object(doc, "signing");
	fields_default(part, "enabled", json_true());
	fields_default(part, "algorithm", json_string("hmac-sha256"));
	fields_default(part, "secrets", json_array());
	part = sub_object(doc, "retry");
	fields_default(part, "delaysS", default_delays());
	fields_default(part, "jitter", json_real(RETRY_JITTER_DEFAULT));
	part = sub_object(doc, "limits");
	fields_default(part, "concurrency", json_integer(CONCURRENCY_DEFAULT));
	fields_default(part, "ratePerSecond", json_integer(0));
	set_batch_defaults(json_object_get(doc, "batch"));
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

	fields_default(patch, "signing", json_object());
	if (had && json_is_object(json_object_get(patch, "signing")))
		fields_default(json_object_get(patch, "signing"), "secrets",
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

/* What calls it knows it as what it was. */
static bool same_kind(const struct sealer *s, const json_t *old,
		      const json_t *doc)
{
	if (!old || is_journey(old) == is_journey(doc))
		return true;
	fault_set(s->fault, "read_only", "kind", "it cannot be changed");
	return false;
}

static const json_t *asked_algorithm(const json_t *patch)
{
	return json_object_get(json_object_get(patch, "signing"), "algorithm");
}

static bool make(const struct sealer *s, enum mode mode, const json_t *old,
		 const json_t *body, struct draft *draft)
{
	json_t *patch, *doc;
	bool ok;

	memset(draft, 0, sizeof(*draft));
	if (!fields_check(&names, old, body, s->fault))
		return false;
	patch = json_deep_copy(body);
	json_object_del(patch, "disabledReason");
	if (!seal_all(s, patch, old)) {
		json_decref(patch);
		return false;
	}
	doc = base_of(mode, old, body, patch);
	drop_other_auth(doc, patch);
	replace_filter(doc, patch);
	fields_merge(doc, patch);
	set_defaults(doc);
	fields_stamp(s->env, s->id, doc, old);
	ok = same_kind(s, old, doc) &&
	     check_document(s->env->rules, doc, s->fault) &&
	     (!json_object_get(patch, "tls") || tls_complete(s, doc)) &&
	     credential_exists(s, doc, patch) &&
	     signing_complete(s, doc, asked_algorithm(patch), draft) &&
	     compose_check(s->env, doc, s->fault);
	draft->clear_disabled = json_is_true(json_object_get(patch, "enabled"));
	json_decref(patch);
	if (!ok) {
		json_decref(doc);
		return false;
	}
	draft->doc = fields_ordered(&names, doc);
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

bool draft_rotate(const struct draft_env *env, const json_t *old,
		  const json_t *algorithm, struct draft *draft,
		  struct fault *fault)
{
	const char *id = json_string_value(json_object_get(old, "id"));
	struct sealer s = {env, id, fault};
	json_t *doc = json_deep_copy(old);

	memset(draft, 0, sizeof(*draft));
	set_defaults(doc);
	if (!signing_rotate(&s, json_object_get(doc, "signing"), algorithm,
			    draft)) {
		json_decref(doc);
		return false;
	}
	fields_stamp(env, id, doc, old);
	draft->doc = fields_ordered(&names, doc);
	return true;
}

/* --- showing ----------------------------------------------------------- */

json_t *draft_view(const json_t *doc, const char *reason)
{
	json_t *view = json_deep_copy(doc);
	json_t *auth = json_object_get(view, "auth");
	json_t *headers = json_object_get(view, "headers");
	const char *name;
	json_t *value;

	json_object_foreach(headers, name, value)
	    json_object_set_new(headers, name, json_string(SECRET_MASK));
	mask_field(auth, "password");
	mask_field(auth, "token");
	mask_field(json_object_get(view, "tls"), "clientKey");
	signing_view(json_object_get(view, "signing"));
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
	json_object_del(view, "disabledReason");
	json_object_del(view, "version");
	signing_hide_computed(json_object_get(view, "signing"));
	tls_hide_computed(json_object_get(view, "tls"));
	return view;
}

void draft_show_generated(json_t *view, const struct draft *draft)
{
	json_t *secrets =
	    json_object_get(json_object_get(view, "signing"), "secrets");

	if (draft->generated[0])
		json_array_set_new(secrets, 0, json_string(draft->generated));
}
