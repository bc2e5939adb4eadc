/*
 * curve_socket - CURVE on a ZeroMQ socket: the keys that it shows and expects,
 * and what the socket's monitor tells of a handshake.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curve/curve_socket.h"

#include "base/mem.h"

static void set_text(void *socket, int option, const char *text)
{
	must(zmq_setsockopt(socket, option, text, strlen(text) + 1) == 0);
}

void curve_socket_show(void *socket, const struct curve_pair *own)
{
	set_text(socket, ZMQ_CURVE_PUBLICKEY, own->public_key);
	set_text(socket, ZMQ_CURVE_SECRETKEY, own->secret_key);
}

void curve_socket_expect(void *socket, const char server_key[CURVE_TEXT_SIZE])
{
	set_text(socket, ZMQ_CURVE_SERVERKEY, server_key);
}

bool curve_socket_event_read(struct curve_socket_event *e, struct slice frame)
{
	if (frame.n != sizeof(e->event) + sizeof(e->value))
		return false;
	memcpy(&e->event, frame.p, sizeof(e->event));
	memcpy(&e->value, frame.p + sizeof(e->event), sizeof(e->value));
	return true;
}

const char *curve_socket_explain(const struct curve_socket_event *e)
{
	if (e->event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
		return "the server does not let this key in";
	if (e->event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
		return "the server ended it: CURVE on one side only, or "
		       "another key than the one expected";
	if (e->value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
		return "CURVE on one side only";
	if (e->value == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC)
		return "the other side does not have our public key";
	return "not the protocol of ZeroMQ";
}
