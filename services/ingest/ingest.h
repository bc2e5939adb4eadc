/*
 * ingest - the front door: takes events, stores them, then answers.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   publish.c   the ZeroMQ sockets
 *   http.c      POST /v1/projects/{project}/events
 *   request.c   a body becomes checked events (draft.c, fields.c, finish.c,
 *               request_json.c, request_msgpack.c)
 *   append.c    group commit into the logs (batch.c: what one entry holds)
 *   hint.c      tells the routers
 *   results.c   how calls ended (replies.c: who waits, outcome.c: what is told)
 *   sightings.c event names outside the catalogue (names.c: which)
 */
#ifndef INGEST_H
#define INGEST_H

#include "io/http_server.h"
#include "io/metrics.h"
#include "io/pipe.h"
#include "io/service.h"
#include "store/config.h"
#include "store/registry.h"

#include "append.h"
#include "hint.h"
#include "request.h"
#include "results.h"
#include "sightings.h"

struct ingest_conf {
	char *publish_bind, *pull_bind, *http_bind, *admin_bind;
	char *curve_publishers;
	int64_t message_bytes_max, frame_bytes_max, event_name_bytes_max;
	int64_t messages_max;
	int64_t batch_events_max, batch_bytes_max, waiting_bytes_max;
	int64_t idempotency_s;
	int64_t http_connections_max;
	int64_t sample_bytes_max;
	int64_t replies_max;
};

struct ingest {
	struct ingest_conf conf;
	struct service_run *run; /* borrowed */
	struct pipe_context *context;
	struct pipe *publish, *pull;
	const struct keyring *publishers; /* NULL: no CURVE there */
	struct http_server *http;
	struct config *config;
	struct registry *registry;
	struct append *append;
	struct hints *hints;
	struct sightings *sightings;
	struct results *results;
	struct request *request; /* for the body at hand */
	uint64_t look_ms;	 /* no earlier for a webhook that is unknown */
	bool pull_stopped;
	uint64_t *refused[FAULT_CODES_N];
	uint64_t *replies_dropped;
};

bool ingest_start(struct service_run *run, void *state, char *error,
		  size_t error_size);
void ingest_drain(struct service_run *run, void *state);
void ingest_stop(struct service_run *run, void *state);

/* A body, and where it comes from. */
struct arrival {
	enum encoding encoding;
	struct slice body;
	struct slice project; /* that the path names; n 0: each message's own */
	/* Whose key it came with: it is for his projects alone. NULL: for any,
	 * or who brings it has looked at that. */
	const struct keyring_member *publisher;
};

/* Parses the body into in->request and checks that its projects are there and
 * its publisher's, and the webhooks that journeys call. */
bool ingest_read(struct ingest *in, const struct arrival *a,
		 struct fault *fault);
/* append_publish() of what ingest_read() has read. */
bool ingest_publish(struct ingest *in, struct publication *p,
		    struct fault *fault);
void ingest_count_refusal(struct ingest *in, const struct fault *fault);

/* publish.c: frames of the two sockets. */
void publish_on_message(void *arg, struct pipe *pipe,
			const struct slice *frames, size_t n);
void publish_on_pull(void *arg, struct pipe *pipe, const struct slice *frames,
		     size_t n);
/* To whom a call's result is due; false: it was not taken. arg: the ingest. */
bool publish_result(void *arg, const struct address *to, struct slice message);
/* Stops or goes on reading the PULL socket, by what is waiting. */
void publish_pace(struct ingest *in);
/* http.c */
void http_on_request(void *arg, struct http_request *req);

#endif
