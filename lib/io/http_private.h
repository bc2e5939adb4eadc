/*
 * http_private - what http_server, http_request and http_stream share, and
 * nobody else.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_HTTP_PRIVATE_H
#define IO_HTTP_PRIVATE_H

#include <microhttpd.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "base/list.h"
#include "io/http_server.h"

struct http_server {
	uv_loop_t *loop;
	struct http_server_options o;
	struct MHD_Daemon *daemon; /* owned; NULL once closed */
	unsigned port;
	uv_poll_t poll;
	uv_timer_t timeout; /* MHD's own */
	uv_timer_t sweep;
	int handles;
	unsigned sweeps;
	bool running; /* MHD_run is on the stack */
	bool again;   /* something waits for the next MHD_run */
	struct list connections;
	struct list requests;
};

/* A TCP connection. */
struct client {
	struct list node;
	int fd;		   /* borrowed from MHD */
	uint64_t since_ms; /* of the part that is under way; 0: we are at it */
};

struct http_request {
	struct list node;
	struct http_server *server;
	struct MHD_Connection *connection; /* NULL once it has gone */
	struct client *client;		   /* NULL likewise */
	char *target;			   /* owned */
	const char *path, *method;	   /* of the connection */
	struct buf body;
	size_t discarded;
	struct MHD_Response *response; /* owned until queued */
	unsigned status;
	struct http_stream *stream;
	void *data;
	bool begun;	/* headers have been seen */
	bool too_large; /* the body is discarded */
	bool handed;	/* the handler was called */
	bool held;	/* and has not answered yet */
	bool suspended;
};

/* Something waits for the next turn of MHD. */
void http_server_run_again(struct http_server *s);

void http_request_free(struct http_request *req);
/* Its connection goes on. */
void http_request_resume(struct http_request *req);
/* Hands the answer over; the connection's turn comes in MHD_run. Takes the
 * response. */
void http_request_answer(struct http_request *req, unsigned status,
			 struct MHD_Response *response);
void http_response_header(struct MHD_Response *response, const char *name,
			  const char *value);

/* The connection has ended, one way or the other. */
void http_stream_gone(struct http_stream *s);
/* Says that it is still there, when there is nothing else to say. */
void http_stream_ping(struct http_stream *s);

#endif
