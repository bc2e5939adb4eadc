/*
 * call - one request to the API, from its arrival to its answer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns what its handler keeps meanwhile. Each of the answering functions ends
 * the call: neither it nor what it owns may be used afterwards.
 */
#ifndef CONSOLE_CALL_H
#define CONSOLE_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "base/slice.h"
#include "io/http_server.h"
#include "io/redis.h"
#include "route.h"

#define FIELD_SIZE 160
#define DETAIL_SIZE 256

struct console;

/* Why a request is refused: 400 with a code and the field. */
struct fault {
	const char *code; /* static */
	char field[FIELD_SIZE];
	char detail[DETAIL_SIZE];
};

struct call {
	struct list node; /* in the console's list of calls that wait */
	struct console *console;
	struct http_request *req;
	struct slice params[ROUTE_PARAMS_MAX]; /* views of the path */
	bool admin;
	json_t *body; /* owned; after call_read_body */
	void *state;  /* owned by the call with state_free */
	void (*state_free)(void *state);
	/* Waiting for the mirror: */
	uint64_t version, since_ms;
	void (*resume)(struct call *call);
};

struct call *call_new(struct console *console, struct http_request *req,
		      const struct route_match *match);
/* State of n bytes, zeroed; freed with the call, after state_free on it. */
void *call_state(struct call *call, size_t n, void (*state_free)(void *));

/* An object without doubled keys, else the call has been answered. */
bool call_read_object(struct call *call);
/* The same. allowed: names, NULL at the end; another one is refused. An empty
 * body is {} if optional. */
bool call_read_body(struct call *call, const char *const *allowed,
		    bool optional);
/* limit (1 to 200, else 50); false: answered. */
bool call_limit(struct call *call, size_t *limit);
/* A time from the query; *ms is left alone when it is not there. */
bool call_time(struct call *call, const char *name, uint64_t *ms);
/* Refuses query parameters that are not in allowed. */
bool call_check_query(struct call *call, const char *const *allowed);

/* Takes ownership of the value. */
void call_json(struct call *call, unsigned status, json_t *value);
/* {"data": data, "nextCursor": cursor or null}; takes ownership of data. */
void call_page(struct call *call, json_t *data, const char *cursor);
void call_empty(struct call *call, unsigned status);
void call_problem(struct call *call, unsigned status, const char *code,
		  const char *field, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void call_fault(struct call *call, const struct fault *fault);
/* The same, but 409 when its code is that of a conflict. */
void call_fault_or(struct call *call, const struct fault *fault,
		   const char *conflict);
void call_not_found(struct call *call);
/* Redis is away, full or has refused: 503, 507 or 500. */
void call_redis_failed(struct call *call, enum err e);
/* Leaves the request to whoever has answered it. */
void call_free(struct call *call);

/* True when e is OK; else answers. For the first line of every reply handler.
 */
bool call_redis_ok(struct call *call, enum err e);
/* Answers when a command could not be sent. */
bool call_sent(struct call *call, enum err e);

/* reply_at, but NULL where the reply has no such part, as an error has none. */
const struct reply *reply_part(const struct reply *reply, size_t i);

/* The value of this name among names and values; empty: there is none. */
struct slice reply_field(const struct reply *fields, const char *name);

/* Of the project that stands first in the path. */
uint64_t call_partition(const struct call *call);
/* The webhook or credential that stands second in the path, when it is one of
 * that project; NULL: answered. Borrowed until control returns to the loop. */
struct webhook *call_webhook(struct call *call);
struct credential *call_credential(struct call *call);
/* Calls resume once this console has seen the version too, so that whoever has
 * had his answer reads what he wrote; at the latest after two seconds. */
void call_wait_version(struct call *call, uint64_t version,
		       void (*resume)(struct call *call));

/* The same with all that anybody has written before. */
void call_catch_up(struct call *call, void (*resume)(struct call *call));

void fault_set(struct fault *f, const char *code, const char *field,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The usual one. Returns false. */
bool fault_invalid(struct fault *f, const char *field, const char *detail);
/* In a list with NULL at its end. */
bool is_one_of(const char *name, const char *const *list);

json_t *json_time(uint64_t wall_ms);
json_t *json_text(struct slice s); /* invalid UTF-8 is replaced */

#endif
