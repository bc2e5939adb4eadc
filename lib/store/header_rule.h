/*
 * header_rule - which custom headers a request may have.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asked by the console when a webhook is saved, and by the sender again.
 */
#ifndef STORE_HEADER_RULE_H
#define STORE_HEADER_RULE_H

#include <stdbool.h>

/* A token of RFC 9110 section 5.6.2. */
bool header_name_valid(const char *name);
/* It is ours to set, or says how the connection is used. */
bool header_name_reserved(const char *name);
/* Nothing that ends a header line or hides in it. */
bool header_value_valid(const char *value);

#endif
