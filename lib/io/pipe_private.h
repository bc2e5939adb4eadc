/*
 * pipe_private - what the files of a pipe share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_PIPE_PRIVATE_H
#define IO_PIPE_PRIVATE_H

#include "io/pipe.h"

#define ENDPOINT_SIZE (PIPE_TARGET_SIZE - CURVE_TEXT_SIZE)

struct pipe_context {
	void *zmq;		   /* owned */
	const struct curve *curve; /* borrowed; NULL: no keys */
	uint64_t monitors;	   /* so far, for their names */
	struct pipe *zap;	   /* owned; NULL until a socket has a ring */
	/* Borrowed; their place is the domain that libzmq asks for. */
	const struct keyring *rings[CURVE_RINGS_MAX];
	size_t n_rings;
};

struct pipe {
	struct pipe_context *context; /* borrowed */
	uv_loop_t *loop;	      /* borrowed */
	void *socket;		      /* owned; NULL once closed */
	struct pipe_options o;
	uv_poll_t *poll; /* owned; freed by its close callback */
	uv_idle_t again; /* active: look once more before the loop sleeps */
	uv_timer_t retry;
	int handles;
	bool stopped;
	bool reading;		     /* the handler is on the stack */
	uint32_t subscriptions[256]; /* by the topic's first byte */
	uint32_t subscribed_all;     /* to no topic: to all */
	uint64_t dropped;
	char bound[1024]; /* comma-separated */
	/* With CURVE only. */
	const struct keyring_member *sender; /* of the message at hand */
	bool stranger;	      /* its key is not let in any more */
	struct pipe *monitor; /* owned; NULL: none */
	bool asks;	      /* libzmq asks us about its connections */
	uint64_t told_ms;     /* of a handshake that failed */
	char *target;	      /* owned; connected to, and to be again */
	uint64_t removals;    /* of the ring, when the socket was opened */
	char *rebind;	      /* owned; NULL: it is bound */
};

void pipe_set_int(struct pipe *p, int option, int value);
/* After each send. */
void pipe_look_after_send(struct pipe *p);

/* Ends all connections of a socket that binds, and binds again, shortly. */
void pipe_reopen(struct pipe *p);

/* pipe_curve.c */

/* Before a bind: with CURVE or, for ipc://, without. */
void pipe_curve_serve(struct pipe *p, bool secure);
/* Before a connect to endpoint; server_key "": in plain text. ERR_REFUSED, and
 * a line in the log: not with these keys. */
MUST_CHECK enum err pipe_curve_call(struct pipe *p, const char *endpoint,
				    const char *server_key);
/* Hears of handshakes that fail, from the next bind or connect on. */
void pipe_watch(struct pipe *p);
void pipe_watch_stop(struct pipe *p);
void pipe_curve_stop(struct pipe_context *c);

#endif
