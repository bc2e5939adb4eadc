/*
 * feed - what happens, as messages for whoever subscribes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two frames: topic ("attempt.<project>") and a msgpack map with the names that
 * the REST API uses. Nobody subscribed costs nothing; a slow subscriber loses
 * messages.
 */
#ifndef ROUTER_FEED_H
#define ROUTER_FEED_H

#include "circuit.h"
#include "proto/message.h"

struct pipe;

void feed_attempt(struct pipe *pipe, const struct msg_attempt *a);

/* topic webhook.<project>: the circuit of a webhook ("wh_…") has changed. */
void feed_circuit(struct pipe *pipe, struct slice project, const char *webhook,
		  const struct circuit *c);

#endif
