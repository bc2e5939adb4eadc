/*
 * body - pieces of a JSON body out of flags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * False and NULL come after an error line.
 */
#ifndef CLI_BODY_H
#define CLI_BODY_H

#include <jansson.h>
#include <stdbool.h>

#include "args.h"

/* What --<flag> was given: JSON, a file's name, or "-" for standard input. New.
 */
json_t *json_document(const char *flag, const char *text);

/* value: NULL for nothing to do; so too below. */
bool body_string(json_t *root, const char *key, const char *value);
/* The object under key, made when it is not there. */
json_t *body_child(json_t *root, const char *key);
void body_list(json_t *root, const char *key, const struct args_list *list);
/* The text of a file, or of standard input: "-". */
bool body_file(json_t *root, const char *key, const char *flag,
	       const char *path);
/* The text itself, "@FILE" or "-"; the end of a line is no part of it. */
bool body_secret(json_t *root, const char *key, const char *flag,
		 const char *text);

#endif
