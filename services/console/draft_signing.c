/*
 * draft_signing - signing secrets: sealed, made, rotated, shown.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A secret stands in the document as sealed text, or as an object with
 * "secret", "publicKey" (ed25519) and "until" (once it has been rotated).
 */
#include "draft_signing.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/signing.h"

#define ROTATION_MS (24u * 3600 * 1000)

static const char *const computed[] = {"publicKeys", "secretsUntil", NULL};

void signing_hide_computed(json_t *signing)
{
	for (size_t i = 0; computed[i]; i++)
		json_object_del(signing, computed[i]);
}

static enum signing_kind kind_of(const json_t *entry)
{
	return json_object_get(entry, "publicKey") ? SIGNING_ED25519
						   : SIGNING_HMAC;
}

/* What stands in the document for this secret; NULL: it is none. New. */
static json_t *seal_secret(const struct sealer *s, const char *text)
{
	struct signing_secret parsed = {0};
	char public[SIGNING_TEXT_SIZE];
	json_t *sealed, *entry = NULL;

	if (signing_secret_parse(slice_of(text), &parsed) != ERR_OK)
		return NULL;
	sealed = seal_text(s, "signing.secrets", NULL, text);
	if (parsed.kind == SIGNING_ED25519) {
		signing_public_text(&parsed, public);
		entry = json_object();
		json_object_set_new(entry, "secret", sealed);
		json_object_set_new(entry, "publicKey", json_string(public));
		sealed = entry;
	}
	explicit_bzero(&parsed, sizeof(parsed));
	return sealed;
}

/* What is shown besides may be sent back as it was. */
static bool drop_computed(const struct sealer *s, json_t *signing,
			  const json_t *old)
{
	json_t *shown = old ? json_deep_copy(old) : json_object();
	bool ok = true;

	if (old)
		signing_view(shown);
	for (size_t i = 0; ok && computed[i]; i++) {
		json_t *value = json_object_get(signing, computed[i]);

		ok = !value ||
		     json_equal(value, json_object_get(shown, computed[i]));
	}
	signing_hide_computed(signing);
	json_decref(shown);
	if (!ok)
		fault_set(s->fault, "read_only", "signing",
			  "publicKeys and secretsUntil cannot be set");
	return ok;
}

bool signing_seal(const struct sealer *s, json_t *signing, const json_t *old)
{
	json_t *list = json_object_get(signing, "secrets");
	json_t *had = json_object_get(old, "secrets");

	if (!drop_computed(s, signing, old))
		return false;
	if (!json_is_array(list) || json_array_size(list) > SIGNING_SECRETS_MAX)
		return true; /* check.c says so */
	if (are_masks(list) && json_array_size(list) == json_array_size(had)) {
		json_object_del(signing, "secrets");
		return true;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *entry =
		    seal_secret(s, json_string_value(json_array_get(list, i)));

		if (!entry)
			return fault_invalid(
			    s->fault, "signing.secrets",
			    "each is whsec_ and base64 of 24 to 64 "
			    "bytes, or whsk_ and base64 of an "
			    "ed25519 key");
		json_array_set_new(list, i, entry);
	}
	return true;
}

/* What the new secret is stays in draft->generated. New. */
static json_t *new_secret(const struct sealer *s, enum signing_kind kind,
			  struct draft *draft)
{
	json_t *entry;

	signing_secret_new(kind, draft->generated);
	entry = seal_secret(s, draft->generated);
	must(entry);
	return entry;
}

static bool has_ended(const json_t *entry, uint64_t now_ms)
{
	json_t *until = json_object_get(entry, "until");
	uint64_t ms = 0;

	return until && (rfc3339_parse(slice_of(json_string_value(until)),
				       &ms) != ERR_OK ||
			 ms <= now_ms);
}

void signing_drop_ended(json_t *signing, uint64_t now_ms)
{
	json_t *list = json_object_get(signing, "secrets");
	size_t i = 0;

	while (i < json_array_size(list))
		if (has_ended(json_array_get(list, i), now_ms))
			json_array_remove(list, i);
		else
			i++;
}

static enum signing_kind wanted_kind(const json_t *signing)
{
	enum signing_kind kind = SIGNING_HMAC;
	json_t *first = json_array_get(json_object_get(signing, "secrets"), 0);

	if (first)
		return kind_of(first);
	(void)signing_kind_parse(
	    json_string_value(json_object_get(signing, "algorithm")), &kind);
	return kind;
}

bool signing_complete(const struct sealer *s, json_t *doc, const json_t *asked,
		      struct draft *draft)
{
	json_t *signing = json_object_get(doc, "signing");
	json_t *list = json_object_get(signing, "secrets");
	enum signing_kind kind;

	signing_drop_ended(signing, s->env->now_ms);
	kind = wanted_kind(signing);
	if (json_string_value(asked) &&
	    strcmp(json_string_value(asked), signing_kind_name(kind)) != 0)
		return fault_invalid(
		    s->fault, "signing.algorithm",
		    "the first of the secrets is of another kind; "
		    "secrets/rotate changes it");
	json_object_set_new(signing, "algorithm",
			    json_string(signing_kind_name(kind)));
	if (json_is_true(json_object_get(signing, "enabled")) &&
	    json_array_size(list) == 0)
		json_array_append_new(list, new_secret(s, kind, draft));
	return true;
}

/* As it was, with an end if it had none. */
static void set_end(json_t *list, size_t i, uint64_t now_ms)
{
	json_t *have = json_array_get(list, i), *entry;
	char end[RFC3339_SIZE];

	if (json_object_get(have, "until"))
		return;
	if (json_is_object(have)) {
		entry = json_incref(have);
	} else {
		entry = json_object();
		json_object_set(entry, "secret", have);
	}
	json_object_set_new(
	    entry, "until",
	    json_string(rfc3339_format(end, now_ms + ROTATION_MS)));
	json_array_set_new(list, i, entry);
}

bool signing_rotate(const struct sealer *s, json_t *signing,
		    const json_t *asked, struct draft *draft)
{
	json_t *list = json_object_get(signing, "secrets");
	enum signing_kind kind;

	signing_drop_ended(signing, s->env->now_ms);
	kind = wanted_kind(signing);
	if (asked && !signing_kind_parse(json_string_value(asked), &kind))
		return fault_invalid(s->fault, "algorithm",
				     "hmac-sha256 or ed25519");
	/* To drop one before its 24 hours would break a receiver. */
	if (json_array_size(list) >= SIGNING_SECRETS_MAX) {
		fault_set(s->fault, "too_many_secrets", "signing.secrets",
			  "%d secrets sign already; wait until one ends, or "
			  "set signing.secrets",
			  SIGNING_SECRETS_MAX);
		return false;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		set_end(list, i, s->env->now_ms);
	json_array_insert_new(list, 0, new_secret(s, kind, draft));
	json_object_set_new(signing, "algorithm",
			    json_string(signing_kind_name(kind)));
	return true;
}

void signing_view(json_t *signing)
{
	json_t *list = json_object_get(signing, "secrets");
	json_t *keys = json_array(), *until = json_array();

	if (json_array_size(list) > 0 || !json_object_get(signing, "algorithm"))
		json_object_set_new(
		    signing, "algorithm",
		    json_string(signing_kind_name(wanted_kind(signing))));
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *entry = json_array_get(list, i);
		json_t *key = json_object_get(entry, "publicKey");
		json_t *end = json_object_get(entry, "until");

		if (key)
			json_array_append(keys, key);
		json_array_append(until, end ? end : json_null());
		json_array_set_new(list, i, json_string(SECRET_MASK));
	}
	json_object_set_new(signing, "publicKeys", keys);
	json_object_set_new(signing, "secretsUntil", until);
}
