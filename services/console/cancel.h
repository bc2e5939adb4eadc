/*
 * cancel - takes deliveries that wait out of the queue, for good.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is cancelled is dead with the error "cancelled": it is listed and may be
 * replayed. A record that has changed meanwhile, or has been claimed by a
 * router, is left alone: the script decides, not what was read before.
 */
#ifndef CONSOLE_CANCEL_H
#define CONSOLE_CANCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/ulid.h"
#include "call.h"

struct cancel;

/* n of them have been cancelled, or Redis has failed; the cancel is gone. */
typedef void cancel_done_fn(struct call *call, enum err e, uint64_t n);

struct cancel *cancel_new(struct call *call, const struct ulid *webhook);
/* With its record as it was read, both copied. False: not readable. */
bool cancel_add(struct cancel *c, const struct ulid *id, struct slice record);
/* Takes ownership. */
void cancel_send(struct cancel *c, cancel_done_fn *fn);

#endif
