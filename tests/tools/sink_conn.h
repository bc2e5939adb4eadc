/*
 * sink_conn - one connection of the receiver: bytes in, requests, bytes out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory a connection: one head, one request's kept bytes, and what is being
 * written. A connection goes by itself when its peer does.
 */
#ifndef TOOLS_SINK_CONN_H
#define TOOLS_SINK_CONN_H

#include <uv.h>

#include "base/buf.h"
#include "base/list.h"
#include "sink_records.h"
#include "sink_request.h"
#include "sink_tls.h"

#define SINK_HEAD_BYTES_MAX 65536
#define SINK_KEPT_BYTES_MAX (4 * 1024 * 1024)

struct sink {
	uv_loop_t *loop; /* borrowed */
	uv_tcp_t listener;
	struct list conns; /* struct conn */
	struct records records;
	struct behaviour general; /* for paths without a rule of their own */
	struct behaviour plain;	  /* what a request without a fault gets */
	struct tls_context *tls;  /* owned; NULL: plain HTTP */
	uint64_t conns_open, conns_total;
	char *in; /* owned; every read goes here first */
};

enum conn_state {
	CONN_HEAD,    /* reading a request's head */
	CONN_BODY,    /* reading its body */
	CONN_BUSY,    /* an answer is under way or being delayed */
	CONN_STALLED, /* there will be no answer unless it is released */
	CONN_CLOSED   /* waiting for the loop to let go of the handles */
};

struct conn {
	struct list node;
	struct sink *sink; /* borrowed */
	uv_tcp_t tcp;
	uv_timer_t timer; /* delay, drip, slow reading: one at a time */
	uv_write_t stream_req;
	int handles; /* open ones; the memory goes with the last */
	enum conn_state state;
	struct tls *tls; /* owned; NULL: plain */
	struct buf in;	 /* what has been read and not consumed */
	struct buf kept_head, kept_body;
	uint64_t requests; /* on this connection */
	/* The request in hand: */
	struct request_head head; /* its slices die with the input */
	struct path *path;
	struct receipt *receipt; /* NULL: it bears no id */
	const struct behaviour *fault;
	uint64_t body_left;
	bool close_wanted, control, writing;
	/* The answer in hand: */
	void (*streamed)(struct conn *c);
	uint64_t position; /* bytes of the stream so far */
	struct buf answer;
};

/* Takes the connection that waits on the listener. */
void conn_accept(struct sink *sink);
/* Copies what the kernel does not take at once. */
void conn_send(struct conn *c, struct slice bytes);
/* Sends static bytes and calls back when they have gone: one at a time. */
void conn_stream(struct conn *c, struct slice bytes,
		 void (*streamed)(struct conn *c));
/* The answer has been handed over; the next request may come. */
void conn_answered(struct conn *c);
void conn_close(struct conn *c);
void conn_reset(struct conn *c);
/* Calls fn(c) after so long, on the connection's one timer. */
void conn_later(struct conn *c, uint64_t ms, uv_timer_cb fn);

#endif
