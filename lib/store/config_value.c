/*
 * config_value - one object of the mirror: from its document, and its end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/config_value.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/credential.h"
#include "store/webhook.h"

static void free_project(struct project *p)
{
	if (!p)
		return;
	free(p->id);
	free(p->name);
	free(p);
}

static void free_key(struct api_key *k)
{
	if (!k)
		return;
	free(k->id);
	free(k->project);
	free(k->name);
	free(k);
}

void config_value_free(enum config_kind kind, void *value)
{
	struct credential *c = value;
	struct webhook *w = value;

	if (kind == CONFIG_PROJECT)
		free_project(value);
	else if (kind == CONFIG_KEY)
		free_key(value);
	else if (kind == CONFIG_CREDENTIAL)
		credential_unref(&c);
	else
		webhook_unref(&w);
}

static char *dup_text(const json_t *doc, const char *field)
{
	const char *s = json_string_value(json_object_get(doc, field));

	return s ? xstrdup(s) : NULL;
}

static uint64_t time_of(const json_t *doc)
{
	const char *s = json_string_value(json_object_get(doc, "createdAt"));
	uint64_t ms;

	return s && rfc3339_parse(slice_of(s), &ms) == ERR_OK ? ms : 0;
}

static struct project *parse_project(const json_t *doc, const char **fault)
{
	struct project *p = xcalloc(1, sizeof(*p));

	p->refs = 1;
	p->id = dup_text(doc, "id");
	p->name = dup_text(doc, "name");
	p->created_ms = time_of(doc);
	if (p->id && p->name)
		return p;
	*fault = p->id ? "name" : "id";
	free_project(p);
	return NULL;
}

static bool parse_digest(const char *hex, uint8_t digest[32])
{
	if (!hex || strlen(hex) != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
		char *end;

		digest[i] = (uint8_t)strtoul(pair, &end, 16);
		if (*end || pair[0] == '-' || pair[0] == '+' || pair[0] == ' ')
			return false;
	}
	return true;
}

static struct api_key *parse_key(const json_t *doc, const char **fault)
{
	struct api_key *k = xcalloc(1, sizeof(*k));
	const char *hex = json_string_value(json_object_get(doc, "digest"));

	k->id = dup_text(doc, "id");
	k->project = dup_text(doc, "project");
	k->name = dup_text(doc, "name");
	k->created_ms = time_of(doc);
	if (k->id && parse_digest(hex, k->digest))
		return k;
	*fault = k->id ? "digest" : "id";
	free_key(k);
	return NULL;
}

static void *parse_webhook(const struct config_options *o,
			   struct slice document, struct slice reason,
			   const char **fault)
{
	struct webhook_source source = {
	    .document = document,
	    .disabled_reason = reason,
	    .with_filter = o->with_filters,
	    .with_request = o->with_requests,
	    .master_key = o->master_key,
	};
	struct webhook *w;

	return webhook_parse(&source, &w, fault) == ERR_OK ? w : NULL;
}

static void *parse_credential(const struct config_options *o,
			      struct slice document, const char **fault)
{
	const struct credential_source source = {
	    .document = document,
	    .with_grant = o->with_grants,
	    .master_key = o->master_key,
	};
	struct credential *c;

	return credential_parse(&source, &c, fault) == ERR_OK ? c : NULL;
}

static void *parse_small(enum config_kind kind, struct slice document,
			 const char **fault)
{
	json_t *doc =
	    json_loadb(document.p, document.n, JSON_REJECT_DUPLICATES, NULL);
	void *value = NULL;

	if (doc)
		value = kind == CONFIG_PROJECT
			    ? (void *)parse_project(doc, fault)
			    : (void *)parse_key(doc, fault);
	json_decref(doc);
	return value;
}

void *config_value_parse(const struct config_options *o, enum config_kind kind,
			 struct slice id, struct slice document,
			 struct slice reason)
{
	const char *fault = "document";
	char quoted[128];
	void *value;

	if (kind == CONFIG_WEBHOOK)
		value = parse_webhook(o, document, reason, &fault);
	else if (kind == CONFIG_CREDENTIAL)
		value = parse_credential(o, document, &fault);
	else
		value = parse_small(kind, document, &fault);
	if (!value)
		log_error("config_document", "id=%s field=%s",
			  log_quote(quoted, sizeof(quoted), id), fault);
	return value;
}
