/*
 * trial_view - what came of a test send, as JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_TRIAL_VIEW_H
#define CONSOLE_TRIAL_VIEW_H

#include <jansson.h>

#include "base/ulid.h"
#include "proto/message.h"
#include "sample.h"

/* sample: what was to be sent, or what the request was to be made of. New. */
json_t *trial_view(const struct ulid *id, const struct sample *sample,
		   const struct msg_result *result);

#endif
