/*
 * request - a publish body becomes checked events.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Knows the shape of messages and nothing of sockets, Redis or which projects
 * there are. A body is taken whole or refused whole, with the first fault's
 * place.
 */
#ifndef INGEST_REQUEST_H
#define INGEST_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "base/ulid.h"
#include "proto/message.h"

enum encoding { ENCODING_JSON, ENCODING_MSGPACK };

#define FAULT_CODES(C)                           \
	C(malformed, MALFORMED, 400)             \
	C(invalid_event, INVALID_EVENT, 400)     \
	C(unknown_project, UNKNOWN_PROJECT, 404) \
	C(too_large, TOO_LARGE, 413)             \
	C(busy, BUSY, 503)                       \
	C(unauthorized, UNAUTHORIZED, 401)       \
	C(internal, INTERNAL, 500)

enum fault_code {
#define C(text, name, status) FAULT_##name,
	FAULT_CODES(C)
#undef C
	    FAULT_CODES_N
};

#define FAULT_FIELD_SIZE 256
#define FAULT_MESSAGE_SIZE 160
#define FAULT_NO_INDEX (-1)

/* Why a body was refused, in the contract's terms. */
struct fault {
	enum fault_code code;
	int64_t index;		 /* of the message, from 0; FAULT_NO_INDEX */
	uint64_t retry_after_ms; /* busy only */
	char field[FAULT_FIELD_SIZE]; /* the path; "" if none */
	char message[FAULT_MESSAGE_SIZE];
};

const char *fault_code_text(enum fault_code code);
unsigned fault_http_status(enum fault_code code);
struct fault fault_of(enum fault_code code, const char *message);
struct fault fault_busy(const char *message, uint64_t retry_after_ms);

struct request_limits {
	size_t frame_bytes_max;
	size_t message_bytes_max;
	size_t event_name_bytes_max;
	size_t events_max;
};

#define REQUEST_OPS(O)       \
	O(event, EVENT)      \
	O(journeyCall, CALL) \
	O(journeyExit, EXIT)

enum request_op {
#define O(text, name) OP_##name,
	REQUEST_OPS(O)
#undef O
	    OPS_N
};

const char *request_op_name(enum request_op op);

/* Views, valid until the next parse. */
struct request_event {
	enum request_op op;
	struct slice project, name;
	struct slice idem;	   /* n 0: none */
	struct slice ordering_key; /* n 0: none; a journey's: the pathId */
	uint64_t created_ms;	   /* 0: not given */
	uint64_t expires_in_ms;	   /* 0: never */
	struct slice body;	   /* the JSON that receivers get */
};

/* What a journey's call or exit has beside. */
struct request_call {
	struct slice webhook;	/* its id or its name; n 0: an exit */
	struct ulid webhook_id; /* once it has been resolved */
	enum tile tile;
	struct slice params; /* a JSON object; n 0: none */
	bool wants_result;
};

struct request;

struct request *request_new(const struct request_limits *limits);
void request_free(struct request **r);

/* By the first byte: "{" or "[" is JSON text, all else msgpack. */
enum encoding encoding_of(struct slice body);

/* project: the one that the path names, n 0: each message names its own. False
 * with *fault filled. */
bool request_parse(struct request *r, enum encoding encoding, struct slice body,
		   struct slice project, struct fault *fault);
size_t request_count(const struct request *r);
struct request_event request_at(const struct request *r, size_t i);
/* How many of them are journeys' calls. */
size_t request_calls(const struct request *r);
/* Of one whose op is not OP_EVENT. */
struct request_call request_call_at(const struct request *r, size_t i);
void request_resolve(struct request *r, size_t i, const struct ulid *webhook);
/* Gives back what a large body has made it take; its events are gone. */
void request_release(struct request *r);

#endif
