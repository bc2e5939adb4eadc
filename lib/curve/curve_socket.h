/*
 * curve_socket - CURVE on a ZeroMQ socket: the keys that it shows and expects,
 * and what the socket's monitor tells of a handshake.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Knows nothing of who reads the monitor.
 */
#ifndef CURVE_CURVE_SOCKET_H
#define CURVE_CURVE_SOCKET_H

#include <stdbool.h>
#include <zmq.h>

#include "curve/curve_key.h"

/* What a monitor is to be asked for. */
#define CURVE_SOCKET_FAILURES                   \
	(ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | \
	 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |  \
	 ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

struct curve_socket_event {
	uint16_t event; /* ZMQ_EVENT_… */
	uint32_t value;
};

/* All before a bind or connect. */
void curve_socket_show(void *socket, const struct curve_pair *own);
void curve_socket_expect(void *socket, const char server_key[CURVE_TEXT_SIZE]);

/* The first frame of what a monitor tells. False: it is none. */
bool curve_socket_event_read(struct curve_socket_event *e, struct slice frame);
/* Of one of CURVE_SOCKET_FAILURES: why; static. */
const char *curve_socket_explain(const struct curve_socket_event *e);

#endif
