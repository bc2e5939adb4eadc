/*
 * trial_view - what came of a test send, as JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_TRIAL_VIEW_H
#define CONSOLE_TRIAL_VIEW_H

#include <jansson.h>

#include "base/ulid.h"
#include "proto/message.h"

/* body: what was to be sent. New. */
json_t *trial_view(const struct ulid *id, json_t *message, struct slice body,
		   const struct msg_result *result);

#endif
