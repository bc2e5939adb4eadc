/*
 * draft_tls - client certificate, its key, and roots of a webhook's own.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "draft_tls.h"

#include <string.h>

#include "base/clock.h"
#include "check.h"
#include "pem.h"
#include "store/seal.h"

#define CERTIFICATE_BYTES_MAX (32 * 1024)
#define KEY_BYTES_MAX (16 * 1024)
#define CA_BYTES_MAX (64 * 1024)
#define CHAIN_MAX 8
#define ROOTS_MAX 32

/* What is computed from the certificate and shown. */
static const char *const computed[] = {"clientSubject", "clientNotAfter", NULL};

void tls_hide_computed(json_t *tls)
{
	for (size_t i = 0; computed[i]; i++)
		json_object_del(tls, computed[i]);
}

/* It may be sent back as it was shown. */
static bool drop_computed(const struct sealer *s, json_t *tls,
			  const json_t *old)
{
	for (size_t i = 0; computed[i]; i++) {
		const char *name = computed[i];
		json_t *value = json_object_get(tls, name);
		char field[32] = "tls.";

		if (value && !json_equal(value, json_object_get(old, name))) {
			strncat(field, name, sizeof(field) - sizeof("tls."));
			fault_set(s->fault, "read_only", field,
				  "it cannot be set");
			return false;
		}
		json_object_del(tls, name);
	}
	return true;
}

bool tls_seal(const struct sealer *s, json_t *tls, const json_t *old)
{
	json_t *key = json_object_get(tls, "clientKey");
	const char *text = json_string_value(key);

	if (!drop_computed(s, tls, old))
		return false;
	if (!key || json_is_null(key))
		return true;
	if (is_mask(key) && json_object_get(old, "clientKey")) {
		json_object_del(tls, "clientKey");
		return true;
	}
	if (!text || strlen(text) > KEY_BYTES_MAX)
		return fault_invalid(s->fault, "tls.clientKey",
				     "a private key in PEM of at most 16 KiB");
	json_object_set_new(tls, "clientKey",
			    seal_text(s, "tls.clientKey", NULL, text));
	return true;
}

static bool check_ca(const struct sealer *s, const json_t *value)
{
	const char *text = json_string_value(value), *why;
	struct pem_info info;

	if (!value)
		return true;
	if (!text || strlen(text) > CA_BYTES_MAX)
		return fault_invalid(s->fault, "tls.ca",
				     "certificates in PEM, at most 64 KiB");
	why = pem_check_certificates(text, ROOTS_MAX, &info);
	return !why || fault_invalid(s->fault, "tls.ca", why);
}

static bool check_certificate(const struct sealer *s, const char *text,
			      struct pem_info *info)
{
	const char *why;

	if (!text || strlen(text) > CERTIFICATE_BYTES_MAX)
		return fault_invalid(s->fault, "tls.clientCertificate",
				     "certificates in PEM, at most 32 KiB");
	why = pem_check_certificates(text, CHAIN_MAX, info);
	return !why || fault_invalid(s->fault, "tls.clientCertificate", why);
}

static bool check_key(const struct sealer *s, const json_t *sealed,
		      const char *certificate)
{
	char *text = sealed_open(s, "tls.clientKey", sealed);
	const char *why = "what is stored does not open: give it anew";

	if (text)
		why = pem_check_key(text, certificate);
	secret_free(&text);
	return !why || fault_invalid(s->fault, "tls.clientKey", why);
}

static bool check_client(const struct sealer *s, json_t *tls)
{
	json_t *certificate = json_object_get(tls, "clientCertificate");
	json_t *key = json_object_get(tls, "clientKey");
	const char *text = json_string_value(certificate);
	struct pem_info info;
	char end[RFC3339_SIZE];

	tls_hide_computed(tls);
	if (!certificate && !key)
		return true;
	if (!certificate)
		return fault_invalid(s->fault, "tls.clientCertificate",
				     "clientKey does not do without it");
	if (!key)
		return fault_invalid(
		    s->fault, "tls.clientKey",
		    "clientCertificate does not do without it");
	if (!check_certificate(s, text, &info) || !check_key(s, key, text))
		return false;
	rfc3339_format(end, info.not_after_ms);
	json_object_set_new(tls, "clientSubject", json_string(info.subject));
	json_object_set_new(tls, "clientNotAfter", json_string(end));
	return true;
}

bool tls_complete(const struct sealer *s, json_t *doc)
{
	static const char *const allowed[] = {
	    "clientCertificate", "clientKey",	   "ca",
	    "clientSubject",	 "clientNotAfter", NULL};
	json_t *tls = json_object_get(doc, "tls");

	if (!tls)
		return true;
	if (!json_is_object(tls))
		return fault_invalid(s->fault, "tls", "an object is wanted");
	if (!only_fields(tls, "tls", allowed, s->fault) ||
	    !check_ca(s, json_object_get(tls, "ca")) || !check_client(s, tls))
		return false;
	if (json_object_size(tls) == 0)
		json_object_del(doc, "tls");
	return true;
}
