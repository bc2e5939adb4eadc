/*
 * credential_check - is this a credential's document? Names the field that is
 * at fault, and never says what a secret is.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_CREDENTIAL_CHECK_H
#define CONSOLE_CREDENTIAL_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "call.h"
#include "net/target.h"

/* In the clear, before sealing: */
bool credential_check_secret(const json_t *value, struct fault *f);
bool credential_check_key(const json_t *value, struct fault *f);
bool credential_check_param(const char *name, const json_t *value,
			    struct fault *f);
/* The whole, complete and with its secrets sealed. */
bool credential_check(const struct target_rules *rules, const json_t *doc,
		      struct fault *f);

#endif
