/*
 * reply - the answer to a batch, decoded.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLIENT_REPLY_H
#define CLIENT_REPLY_H

#include "base/err.h"
#include "base/slice.h"
#include "client/postrider.h"

/* Fills in status (OK or REFUSED) and everything that the answer says; result
 * was zeroed. ERR_MALFORMED: not an answer; the result is then unchanged. */
MUST_CHECK enum err reply_decode(struct slice bytes,
				 struct postrider_result *result);

#endif
