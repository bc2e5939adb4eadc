/*
 * own_types - event names outside the catalogue, as ingest has seen them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_OWN_TYPES_H
#define CONSOLE_OWN_TYPES_H

#include "call.h"

/* Removes what is known of the names of the project in params[0]; fn is called
 * with the call. */
MUST_CHECK enum err own_types_remove(struct call *call, redis_reply_fn *fn);

#endif
