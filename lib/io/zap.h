/*
 * zap - answers ZeroMQ's question whether a key is let in (RFC 27/ZAP 1.0).
 * SPDX-License-Identifier: Apache-2.0
 *
 * libzmq asks within the process, once for each connection, over a socket of
 * the context; the answer names the key, so that each message of the connection
 * tells whose it is. Knows nothing of sockets: who has one hands the frames in.
 */
#ifndef IO_ZAP_H
#define IO_ZAP_H

#include "curve/keyring.h"

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define ZAP_FRAMES_MAX 8

/* Views of a request's frames; libzmq's word is taken for their meaning. */
struct zap_request {
	struct slice id, domain, address;
	char key[CURVE_TEXT_SIZE]; /* "" if it is none of CURVE's */
};

/* What follows the empty frame. False: not a request of ZAP 1.0. */
bool zap_read(struct zap_request *r, const struct slice *frames, size_t n);
/* The frames of the answer, behind an empty one: views of r and of text.
 * allowed false: refused. Returns how many. */
size_t zap_answer(const struct zap_request *r, bool allowed,
		  struct slice frames[ZAP_FRAMES_MAX]);

#endif
