/*
 * draft - from what a caller wrote to a webhook's document, and back without
 * its secrets. SPDX-License-Identifier: Apache-2.0
 *
 * Checks every field, fills in defaults and seals secrets. Pure: knows neither
 * Redis nor HTTP.
 */
#ifndef CONSOLE_DRAFT_H
#define CONSOLE_DRAFT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "call.h"
#include "store/signing.h"
#include "net/target.h"

#define SECRET_MASK "***"

struct draft_env {
	const struct target_rules *rules;
	const uint8_t *master_key; /* 32 bytes */
	const char *project;
	uint64_t now_ms; /* wall clock */
	/* Has the project a credential of this id? NULL: it has none. */
	bool (*has_credential)(const void *arg, const char *project,
			       const char *id);
	const void *arg;
};

struct draft {
	json_t *doc; /* owned by the caller afterwards; secrets are sealed */
	char generated[SIGNING_TEXT_SIZE]; /* a new signing secret, or "" */
	bool clear_disabled;
};

/* body becomes the document of a webhook with this id. */
bool draft_new(const struct draft_env *env, const char *id, const json_t *body,
	       struct draft *draft, struct fault *fault);
/* RFC 7396: body is merged into old. */
bool draft_patch(const struct draft_env *env, const json_t *old,
		 const json_t *body, struct draft *draft, struct fault *fault);
/* body instead of old, but for what masks stand for, and for the signing
 * secrets if it has none. */
bool draft_replace(const struct draft_env *env, const json_t *old,
		   const json_t *body, struct draft *draft,
		   struct fault *fault);
/* A new signing secret stands first; those before sign along for a day.
 * algorithm: what it is for; NULL: the same as before. */
bool draft_rotate(const struct draft_env *env, const json_t *old,
		  const json_t *algorithm, struct draft *draft,
		  struct fault *fault);
/* What callers may see. reason: why it is disabled, or NULL. New. */
json_t *draft_view(const json_t *doc, const char *reason);
/* The same without what the console sets itself: what draft_new takes. New. */
json_t *draft_export(const json_t *doc);
/* Puts the secret that was made into a view; shown this once. */
void draft_show_generated(json_t *view, const struct draft *draft);

#endif
