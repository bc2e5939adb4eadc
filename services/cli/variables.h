/*
 * variables - ${NAME} in a file's texts becomes the environment's value.
 * SPDX-License-Identifier: Apache-2.0
 *
 * So that a file with secrets can be kept where others read it.
 */
#ifndef CLI_VARIABLES_H
#define CLI_VARIABLES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* In every string value, at any depth; names of members stay. "$${" stands for
 * "${". False with a line in error, which names the place: a variable is not
 * set, or the text is not "${NAME}". The document is good for nothing then. */
bool variables_fill(json_t *root, char *error, size_t error_size);

#endif
