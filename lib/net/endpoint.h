/*
 * endpoint - which ZeroMQ addresses can be reached from other hosts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Looks at the text alone and opens nothing. Pure.
 */
#ifndef NET_ENDPOINT_H
#define NET_ENDPOINT_H

#include <stdbool.h>

#include "base/slice.h"

/* ipc://, inproc:// and tcp:// on an address of the loopback network. All else
 * counts as reachable: wildcards, names of interfaces, other transports. */
bool endpoint_is_local(struct slice endpoint);
bool endpoint_is_tcp(struct slice endpoint);
/* The first of a comma-separated list that is not local; false: all are. */
bool endpoint_exposed(const char *list, struct slice *endpoint);

#endif
