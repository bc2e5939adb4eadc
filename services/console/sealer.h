/*
 * sealer - secrets of one document, sealed for their field.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_SEALER_H
#define CONSOLE_SEALER_H

#include <jansson.h>
#include <stdbool.h>

#include "draft.h"

/* What every step of making a document needs; all borrowed. */
struct sealer {
	const struct draft_env *env;
	const char *id; /* of the document */
	struct fault *fault;
};

/* name: NULL for a path that stands alone. New. */
json_t *seal_text(const struct sealer *s, const char *path, const char *name,
		  const char *text);
/* The secret in the clear, NULL when it does not open; the caller wipes it
 * with secret_free(). */
char *sealed_open(const struct sealer *s, const char *path,
		  const json_t *sealed);
/* Callers send back what they were shown: it stands for what is there. */
bool is_mask(const json_t *value);
/* An array of nothing else, and not empty. */
bool are_masks(const json_t *list);
void mask_field(json_t *object, const char *name);

#endif
