/*
 * draft - builds events out of values as they are met in a body, in one pass.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The readers of JSON and msgpack call it for each value in turn; it knows
 * where in the message it stands, checks keys, types and limits, and writes
 * what receivers get. Every call returns false once there is a fault, and the
 * reader then stops.
 *
 * JSON's maps (dataFields, ...) are taken over as they were published, byte by
 * byte: the reader says where each token ends. From msgpack they are written as
 * JSON.
 */
#ifndef INGEST_DRAFT_H
#define INGEST_DRAFT_H

#include <stdarg.h>

#include "keyset.h"
#include "request.h"

#define DRAFT_DEPTH_MAX 32

#define DRAFT_FIELDS(X)               \
	X(op, OP)                     \
	X(project, PROJECT)           \
	X(eventName, EVENT_NAME)      \
	X(email, EMAIL)               \
	X(userId, USER_ID)            \
	X(dataFields, DATA_FIELDS)    \
	X(id, ID)                     \
	X(createdAt, CREATED_AT)      \
	X(orderingKey, ORDERING_KEY)  \
	X(expiresInMs, EXPIRES_IN_MS) \
	X(webhook, WEBHOOK)           \
	X(tile, TILE)                 \
	X(journeyId, JOURNEY_ID)      \
	X(pathId, PATH_ID)            \
	X(profile, PROFILE)           \
	X(event, EVENT)               \
	X(params, PARAMS)             \
	X(reply, REPLY)

enum draft_field {
#define X(text, name) FIELD_##name,
	DRAFT_FIELDS(X)
#undef X
	    FIELD_N
};

/* A place in a buffer that may still move. */
struct span {
	size_t at, n;
};

/* What a journey's call has beyond other messages. */
struct draft_call {
	struct span webhook, params; /* in text */
	struct ulid webhook_id;
	enum tile tile;
	bool wants_result;
};

/* A finished message. */
struct draft_event {
	enum request_op op;
	struct span project, name, idem, ordering_key; /* in text */
	struct span body;			       /* in bodies */
	uint64_t created_ms, expires_in_ms;
	struct draft_call call;
};

/* One open map or array of a message. */
struct level {
	bool map;
	uint32_t count;	  /* keys or elements so far */
	uint64_t number;  /* of the map, for the keyset */
	struct slice key; /* the newest; a view of the body, or of spare */
	char spare[48];	  /* a key that was written with escapes */
};

struct draft {
	struct request_limits limits;
	struct keyset keys;
	struct buf text;   /* of the strings; cleared by request_parse */
	struct buf bodies; /* what receivers get */
	struct draft_event *events; /* owned; events_max of them */
	size_t n, calls;	    /* of these, journeys' calls */

	/* Set for each body. */
	struct slice in;
	struct slice path_project;
	struct fault *fault;
	bool raw; /* JSON: maps are taken over from in */
	bool batch;
	bool begun;
	/* Where in the body the token at hand is; the reader sets them. The
	 * start is looked at for maps only. */
	size_t token_start, token_end;

	/* Of the message at hand. */
	unsigned depth; /* open maps and arrays; 0: between messages */
	struct level levels[DRAFT_DEPTH_MAX + 1];
	uint64_t maps;
	size_t start;  /* where in the body the message began */
	unsigned seen; /* a bit for each field */
	enum draft_field field;
	struct span values[FIELD_N];
	uint64_t created_ms, expires_in_ms;
	enum request_op op;
	enum tile tile;
	bool wants_result;
};

void draft_init(struct draft *d, const struct request_limits *limits);
void draft_fini(struct draft *d);
/* Empties it for another body. */
void draft_reset(struct draft *d);

/* null, true, false */
bool draft_literal(struct draft *d, struct slice text);
/* As JSON spells it. */
bool draft_number(struct draft *d, struct slice text);
bool draft_string(struct draft *d, struct slice s);
/* A value that JSON cannot carry. */
bool draft_unsupported(struct draft *d);
bool draft_map_start(struct draft *d);
bool draft_key(struct draft *d, struct slice key);
bool draft_map_end(struct draft *d);
bool draft_array_start(struct draft *d);
bool draft_array_end(struct draft *d);
/* Fills the fault with the place where the draft stands. Returns false. */
bool draft_refuse(struct draft *d, enum fault_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with another place: a field of the message, or "" for it all. */
bool draft_refuse_at(struct draft *d, enum fault_code code, const char *field,
		     const char *text);

/* The readers. False with a fault; the draft does not know then what it holds.
 */
bool request_read_json(struct draft *d);
bool request_read_msgpack(struct draft *d);

#endif
