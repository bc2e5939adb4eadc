/*
 * link - one DEALER socket and the news of its connection.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "client/link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "curve/curve_socket.h"

#define ANSWER_BYTES_MAX (4 * 1024 * 1024)

static void set_int(void *socket, int option, int value)
{
	must(zmq_setsockopt(socket, option, &value, sizeof(value)) == 0);
}

static void set_options(void *socket)
{
	int64_t answer_max = ANSWER_BYTES_MAX;

	must(zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &answer_max,
			    sizeof(answer_max)) == 0);
	set_int(socket, ZMQ_LINGER, 0);
	set_int(socket, ZMQ_RECONNECT_IVL, 50);
	set_int(socket, ZMQ_RECONNECT_IVL_MAX, 1000);
	/* A host that went away without a word is noticed, too. */
	set_int(socket, ZMQ_HEARTBEAT_IVL, 5000);
	set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, 15000);
}

static bool dial(struct link *l, void *context,
		 const struct link_target *target)
{
	const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
			   CURVE_SOCKET_FAILURES | ZMQ_EVENT_DISCONNECTED;
	char monitor[64];

	l->socket = zmq_socket(context, ZMQ_DEALER);
	if (!l->socket)
		return false;
	set_options(l->socket);
	if (target->server_key[0]) {
		curve_socket_show(l->socket, &target->own);
		curve_socket_expect(l->socket, target->server_key);
	}
	/* Unlike any other link's: the old one and the new are there at once.
	 */
	snprintf(monitor, sizeof(monitor), "inproc://monitor-%p", l->socket);
	if (zmq_socket_monitor(l->socket, monitor, events))
		return false;
	l->monitor = zmq_socket(context, ZMQ_PAIR);
	if (!l->monitor || zmq_connect(l->monitor, monitor))
		return false;
	return zmq_connect(l->socket, target->endpoint) == 0;
}

bool link_open(struct link *l, void *context, const struct link_target *target)
{
	int cause;

	*l = (struct link){.opened_ms = now_ms(),
			   .has_keys = target->server_key[0] != '\0'};
	if (dial(l, context, target))
		return true;
	cause = errno;
	link_close(l);
	errno = cause;
	return false;
}

static void take_event(struct link *l, const struct curve_socket_event *e)
{
	l->connected = e->event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
	/* Without keys, an end without a word says nothing. */
	if (l->connected)
		l->refusal = NULL;
	else if (e->event & CURVE_SOCKET_FAILURES &&
		 (l->has_keys ||
		  e->event != ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL))
		l->refusal = curve_socket_explain(e);
	/* ZeroMQ does not call again where the two do not fit. */
	l->broken |= !l->connected;
}

/* Each event comes in two frames: what (16 bits) and how, and from where. */
void link_look(struct link *l)
{
	struct curve_socket_event e;
	char frame[512];
	int n;

	while ((n = zmq_recv(l->monitor, frame, sizeof(frame), ZMQ_DONTWAIT)) >=
	       0) {
		if (curve_socket_event_read(&e, slice_bytes(frame, (size_t)n)))
			take_event(l, &e);
		zmq_recv(l->monitor, frame, sizeof(frame), ZMQ_DONTWAIT);
	}
	/* It may have connected again by itself: not to be used any more. */
	if (l->broken)
		l->connected = false;
}

/* libzmq's thread waits, for ever, for a listener that has gone or that has too
 * much to read. So what there is is read, and the telling ends first. */
void link_close(struct link *l)
{
	if (l->monitor)
		link_look(l);
	if (l->socket)
		zmq_socket_monitor(l->socket, NULL, 0);
	if (l->monitor)
		zmq_close(l->monitor);
	if (l->socket)
		zmq_close(l->socket);
	*l = (struct link){0};
}
