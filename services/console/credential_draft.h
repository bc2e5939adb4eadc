/*
 * credential_draft - from what a caller wrote to a credential's document, and
 * back without its secrets.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Checks every field, fills in defaults and seals secrets. Pure: knows neither
 * Redis nor HTTP.
 */
#ifndef CONSOLE_CREDENTIAL_DRAFT_H
#define CONSOLE_CREDENTIAL_DRAFT_H

#include "draft.h"

/* The document, its secrets sealed; NULL with a fault. New. */
json_t *credential_new(const struct draft_env *env, const char *id,
		       const json_t *body, struct fault *fault);
/* RFC 7396: body is merged into old. */
json_t *credential_patch(const struct draft_env *env, const json_t *old,
			 const json_t *body, struct fault *fault);
/* What callers may see; of env it takes the key. New. */
json_t *credential_view(const struct draft_env *env, const json_t *doc);

#endif
