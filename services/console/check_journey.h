/*
 * check_journey - the fields that only a journey's webhook has, and those that
 * it has not.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_CHECK_JOURNEY_H
#define CONSOLE_CHECK_JOURNEY_H

#include <jansson.h>
#include <stdbool.h>

#include "call.h"

bool is_journey(const json_t *doc);
/* system or journey, and no field of the other one. */
bool check_kind(const json_t *doc, struct fault *f);
/* Those of a journey's webhook, but for its URL: none is looked at as what it
 * is the text of. */
bool check_journey(const json_t *doc, struct fault *f);

#endif
