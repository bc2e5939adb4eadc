/*
 * wants - which webhooks an event goes to by today's configuration.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asked for one event and any number of webhooks: its body is read at most
 * once, and only when one of them has a filter.
 */
#ifndef CONSOLE_WANTS_H
#define CONSOLE_WANTS_H

#include <stdbool.h>

#include "base/slice.h"
#include "proto/message.h"
#include "store/config.h"

struct document;
struct value;

struct wants {
	struct slice project, name;
	struct slice body; /* n == 0: it is not known */
	struct slice
	    told; /* a webhook's id: it has got the event, or is called */
	struct document *document;   /* owned; NULL: not read yet */
	const struct value *message; /* of document */
};

/* Borrows the event's parts. */
struct wants wants_of(const struct msg_event *event);
/* One of which only an attempt is left. */
struct wants wants_of_attempt(const struct msg_attempt *attempt);
/* Where the body is not known a filter holds for whom it is told to have held.
 */
bool wants_webhook(struct wants *q, const struct webhook *w);
void wants_end(struct wants *q);

/* By the name alone, whatever the filter. */
bool webhook_names(const struct webhook *w, struct slice project,
		   struct slice event_name);

#endif
