/*
 * check_url - is this a URL that a webhook may have?
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of a journey's webhook only what stands outside its templates: what they
 * make of the rest is looked at when they are rendered.
 */
#ifndef CONSOLE_CHECK_URL_H
#define CONSOLE_CHECK_URL_H

#include <jansson.h>
#include <stdbool.h>

#include "call.h"
#include "net/target.h"

bool check_url(const struct target_rules *rules, const json_t *doc,
	       struct fault *f);
/* "example.com" or "*.example.com"; NULL is none. */
bool is_host_pattern(const char *text);

#endif
