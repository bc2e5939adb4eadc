/*
 * redis_reply - what a reply of Redis says of success.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_REDIS_REPLY_H
#define IO_REDIS_REPLY_H

#include <stdbool.h>

#include "io/redis.h"

bool reply_begins(const struct reply *r, const char *prefix);
bool reply_is_noscript(const struct reply *r);
/* As redis_reply_fn gets it; ERR_CLOSED for NULL. */
enum err reply_err(const struct reply *r);

#endif
