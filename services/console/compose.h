/*
 * compose - the request that a call of a journey makes of a webhook's document.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_COMPOSE_H
#define CONSOLE_COMPOSE_H

#include <jansson.h>
#include <stdbool.h>

#include "call.h"
#include "draft.h"
#include "sample.h"

/* Do its templates and paths compile? The document is complete and checked. Of
 * a system's webhook there is nothing to say. */
bool compose_check(const struct draft_env *env, const json_t *doc,
		   struct fault *fault);
/* {"method", "url", "headers", "body"}, secrets masked. New; NULL with a fault.
 * The document is one of a journey. */
json_t *compose_preview(const struct draft_env *env, const json_t *doc,
			const struct sample *sample, struct fault *fault);

#endif
