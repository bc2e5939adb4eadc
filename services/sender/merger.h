/*
 * merger - fills in the merge fields of a plan's URL for one message.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keeps its memory from one message to the next. Knows no curl.
 */
#ifndef SENDER_MERGER_H
#define SENDER_MERGER_H

#include "base/slice.h"
#include "plan.h"

struct merger;

struct merger *merger_new(void);
void merger_free(struct merger **m);
/* The URL of this message's request; valid until the next call. NULL: it is too
 * long, climbs, or would lead elsewhere than the webhook's. */
const char *merger_url(struct merger *m, const struct plan *plan,
		       struct slice message);

#endif
