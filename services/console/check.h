/*
 * check - is this a webhook's document? Names the field that is at fault.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_CHECK_H
#define CONSOLE_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "call.h"
#include "net/target.h"

/* An object of other fields than these (the last is NULL) is refused. */
bool only_fields(const json_t *object, const char *path,
		 const char *const *allowed, struct fault *f);
/* In the clear, before sealing: */
bool check_header(const char *name, const json_t *value, struct fault *f);
bool check_secret(const char *field, const json_t *value, struct fault *f);
/* The whole, complete and with its secrets sealed. */
bool check_document(const struct target_rules *rules, const json_t *doc,
		    struct fault *f);
/* 1 to 128 characters without control characters. */
bool check_name(const json_t *value, struct fault *f);

#endif
