/*
 * restate - secrets of a file that say what the webhook has already.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file may leave a secret masked, or write it out each time. Sealing makes
 * other bytes of the same secret, so what is the same as before is masked, and
 * the mask means: as it is.
 */
#ifndef CONSOLE_RESTATE_H
#define CONSOLE_RESTATE_H

#include <jansson.h>
#include <stdbool.h>

#include "draft.h"

/* Changes body. old: the webhook's document, NULL for a new one. False with a
 * fault when a mask stands for nothing; signing secrets that were masked are
 * left out instead, since new ones can be made. */
bool restate_secrets(const struct draft_env *env, const json_t *old,
		     json_t *body, struct fault *fault);

#endif
