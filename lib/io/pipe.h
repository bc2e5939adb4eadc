/*
 * pipe - a ZeroMQ socket on a libuv loop. The one home of zmq_*.
 * SPDX-License-Identifier: Apache-2.0
 *
 * ZMQ_FD is edge-triggered and a send may make a socket readable without waking
 * it, so after every wakeup and every send the events are read again; a budget
 * ends each turn and an idle pass goes on where it ended.
 *
 * A message arrives as frames that are views: they die when the handler
 * returns.
 */
#ifndef IO_PIPE_H
#define IO_PIPE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/slice.h"
#include "io/curve.h"

#define PIPE_FRAMES_MAX 16

enum pipe_kind {
	PIPE_ROUTER,
	PIPE_DEALER,
	PIPE_PULL,
	PIPE_PUSH,
	PIPE_XPUB,
	PIPE_SUB,
	PIPE_REQ,
	PIPE_PAIR
};

struct pipe_context; /* one a process: the ZeroMQ context with one I/O thread */
struct pipe;

/* frames[0..n-1]. On a ROUTER frames[0] is the peer's identity. A message of
 * more than PIPE_FRAMES_MAX frames is dropped and counted. The handler may send
 * on this or any pipe, but must not close it. */
typedef void pipe_message_fn(void *arg, struct pipe *pipe,
			     const struct slice *frames, size_t n);

struct pipe_options {
	enum pipe_kind kind;
	int hwm;		   /* messages, each way; 0 is refused */
	int64_t message_bytes_max; /* larger frames drop the peer; 0: 8 MiB + 64
				      KiB */
	const char *identity;	   /* NULL: none (DEALER only) */
	/* With CURVE: who may connect by tcp://. NULL: anybody, in plain text.
	 * The context has keys then, and outlives the ring's last look. What
	 * comes from a key that was let in and has been removed since is
	 * dropped, unless strangers is set: then pipe_sender() says so. An
	 * XPUB ends all connections before it sends, after one was removed. */
	const struct keyring *ring;
	bool strangers;
	int budget; /* messages a turn; 0: 64 */
	pipe_message_fn *on_message;
	void *arg; /* borrowed */
};

/* curve: the keys to show and those to ask for; NULL: all in plain text. It is
 * borrowed. */
struct pipe_context *pipe_context_new(const struct curve *curve);
void pipe_context_free(struct pipe_context **c);

struct pipe *pipe_open(struct pipe_context *c, uv_loop_t *loop,
		       const struct pipe_options *options);
/* The handler is called no more once this returns; unsent messages are dropped
 * after linger_ms. The memory is freed by the loop: run it once more. */
void pipe_close(struct pipe **p, int linger_ms);

/* endpoints: one or several, comma-separated. Each ipc:// path's stale socket
 * is replaced. ERR_IO with errno's text in error. */
MUST_CHECK enum err pipe_bind(struct pipe *p, const char *endpoints,
			      char *error, size_t error_size);
/* target: an endpoint, and behind a space the public key of who listens there,
 * if it has CURVE. ERR_REFUSED: we have no key for that, or it has none and is
 * not to be trusted without; said in the log. A server that does not let us in
 * is asked again each second. A pipe with CURVE connects to one at a time. */
#define PIPE_TARGET_SIZE (512 + CURVE_TEXT_SIZE)
MUST_CHECK enum err pipe_connect(struct pipe *p, const char *target);
void pipe_disconnect(struct pipe *p, const char *target);
/* The endpoints that the last pipe_bind() got, comma-separated, a port in place
 * of "tcp://…:*". Valid until the next bind. */
const char *pipe_bound(const struct pipe *p);
void pipe_subscribe(struct pipe *p, struct slice prefix); /* SUB */

/* Sends all frames or none, never waits. ERR_AGAIN: at the high-water mark;
 * ERR_NOT_FOUND: a ROUTER has no such peer. Copies the frames. */
MUST_CHECK enum err pipe_send(struct pipe *p, const struct slice *frames,
			      size_t n);
/* The same, but the last frame is a malloc'd block of which the pipe takes
 * ownership on success (freed with free(), perhaps by another thread); on an
 * error the caller still owns it. frames may be NULL with n == 0. */
MUST_CHECK enum err pipe_send_owned(struct pipe *p, const struct slice *frames,
				    size_t n, void *last, size_t last_bytes);

/* Within the handler: whose message it is. NULL: nobody's, for the connection
 * has no key (ipc://, or no ring). False: the key is not let in any more. */
bool pipe_sender(const struct pipe *p, const struct keyring_member **sender);

/* While stopped nothing is read: back-pressure reaches the peers. */
void pipe_read_stop(struct pipe *p);
void pipe_read_start(struct pipe *p);

/* XPUB: somebody may have subscribed to the topic; goes by its first letter. */
bool pipe_is_heard(const struct pipe *p, const char *topic);
uint64_t pipe_dropped(const struct pipe *p); /* over-long messages so far */

#endif
