/*
 * pipe_send - sends on a pipe: all frames or none.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/pipe_private.h"

/* Below, a copy costs less than the bookkeeping of a shared block. */
#define OWNED_BYTES_MIN 257

static enum err send_err(void)
{
	return errno == EHOSTUNREACH ? ERR_NOT_FOUND : ERR_AGAIN;
}

static enum err send_copy(struct pipe *p, struct slice frame, int flags)
{
	zmq_msg_t part;

	/* libzmq is as little prepared as we are to go on without memory. */
	must(zmq_msg_init_size(&part, frame.n) == 0);
	if (frame.n > 0)
		memcpy(zmq_msg_data(&part), frame.p, frame.n);
	if (zmq_msg_send(&part, p->socket, flags | ZMQ_DONTWAIT) >= 0)
		return ERR_OK;
	zmq_msg_close(&part);
	return send_err();
}

/* A block that libzmq frees, unless we took it back. */
struct loan {
	bool returned;
};

static void loan_end(void *data, void *hint)
{
	struct loan *loan = hint;

	if (!loan->returned)
		free(data);
	free(loan);
}

static enum err send_loan(struct pipe *p, void *block, size_t n)
{
	struct loan *loan = xcalloc(1, sizeof(*loan));
	zmq_msg_t part;
	enum err e;

	must(zmq_msg_init_data(&part, block, n, loan_end, loan) == 0);
	if (zmq_msg_send(&part, p->socket, ZMQ_DONTWAIT) >= 0)
		return ERR_OK;
	e = send_err();
	loan->returned = true;
	zmq_msg_close(&part);
	return e;
}

static enum err send_last(struct pipe *p, void *last, size_t n)
{
	enum err e;

	if (n >= OWNED_BYTES_MIN)
		return send_loan(p, last, n);
	e = send_copy(p, slice_bytes(last, n), 0);
	if (e == ERR_OK)
		free(last);
	return e;
}

/* Sends n frames with more to follow. The first one decides: later ones fail
 * only when the peer goes away in between. libzmq then drops the message but
 * waits for its end, so the end must be sent. */
static enum err send_head(struct pipe *p, const struct slice *frames, size_t n)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		e = send_copy(p, frames[i], ZMQ_SNDMORE);
		if (e != ERR_OK && i > 0 &&
		    send_copy(p, (struct slice){NULL, 0}, 0) != ERR_OK)
			log_debug("pipe_cut", "frames=%zu", i);
	}
	return e;
}

/* A reader whose key has been removed would go on reading: ZeroMQ cannot end
 * one connection, so all of them end, and the others come back. */
static void shut_out(struct pipe *p)
{
	if (p->removals != keyring_removals(p->o.ring))
		pipe_reopen(p);
}

enum err pipe_send(struct pipe *p, const struct slice *frames, size_t n)
{
	enum err e;

	must(n > 0);
	if (p->o.ring && p->o.kind == PIPE_XPUB)
		shut_out(p);
	e = send_head(p, frames, n - 1);
	if (e == ERR_OK)
		e = send_copy(p, frames[n - 1], 0);
	pipe_look_after_send(p);
	return e;
}

enum err pipe_send_owned(struct pipe *p, const struct slice *frames, size_t n,
			 void *last, size_t last_bytes)
{
	enum err e = send_head(p, frames, n);

	if (e == ERR_OK)
		e = send_last(p, last, last_bytes);
	pipe_look_after_send(p);
	return e;
}
