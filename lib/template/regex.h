/*
 * regex - regular expressions that come from templates, kept short of time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The only file that calls PCRE2.
 */
#ifndef TEMPLATE_REGEX_H
#define TEMPLATE_REGEX_H

#include <stdbool.h>

#include "base/slice.h"

#define REGEX_BYTES_MAX 512

/* Whether the whole text is one match. False with *error set (static) when that
 * cannot be said. */
bool regex_matches(struct slice pattern, struct slice text, const char **error);

#endif
