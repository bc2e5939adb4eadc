/*
 * own_event - the events that Postrider itself publishes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Appended to the project's log by the flush that writes what they tell of, so
 * that one is as durable as the other. Made only while a webhook of the project
 * names them; "*" does not, and no delivery of one makes another.
 */
#ifndef ROUTER_OWN_EVENT_H
#define ROUTER_OWN_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct delivery;
struct partition;
struct webhook;

struct own_death {
	uint64_t status; /* of the last answer; 0: none */
	struct slice error;
};

bool own_event_is(struct slice name);
/* delivery.dead; its webhook is there. */
void own_event_dead(struct partition *p, const struct delivery *d,
		    const struct own_death *death);
/* webhook.disabled */
void own_event_disabled(struct partition *p, const struct webhook *w,
			const char *reason);

#endif
