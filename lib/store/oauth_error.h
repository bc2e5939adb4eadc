/*
 * oauth_error - why there is no access token, as a code.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STORE_OAUTH_ERROR_H
#define STORE_OAUTH_ERROR_H

#include "base/slice.h"
#include "proto/messages.h"

#define OAUTH_ERROR_SIZE (OAUTH_ERROR_BYTES_MAX + 1)
/* Where nothing better is known. */
#define OAUTH_UNAVAILABLE "oauth_unavailable"

/* The code that a peer tells: it is shown and logged, so what does not look
 * like one becomes OAUTH_UNAVAILABLE. */
void oauth_error_take(char out[OAUTH_ERROR_SIZE], struct slice told);

#endif
