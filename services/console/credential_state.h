/*
 * credential_state - what the tokens processes know of a credential, as the API
 * shows it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_CREDENTIAL_STATE_H
#define CONSOLE_CREDENTIAL_STATE_H

#include <jansson.h>
#include <stdint.h>

#include "proto/message.h"

/* Adds state, expiresAt, renewAt, lastFetchAt and lastError to the view of a
 * credential. grant: NULL when there is none; one of an older version counts as
 * none. The token itself is never shown, sealed neither. */
void credential_state(json_t *view, const struct msg_grant *grant,
		      uint64_t now_ms);

#endif
