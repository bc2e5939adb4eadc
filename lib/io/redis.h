/*
 * redis - one asynchronous Redis connection. The one home of redis*.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reconnects by itself with a growing, jittered delay. Scripts are loaded on
 * every connect and called by digest. A command's reply is a view that dies
 * with the callback. Every command's callback is called exactly once: with a
 * reply, or with status ERR_CLOSED when the connection went away first; what
 * the server did with it is then unknown.
 */
#ifndef IO_REDIS_H
#define IO_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/slice.h"
#include "io/redis_access.h"

struct redis;

enum reply_kind {
	REPLY_NIL,
	REPLY_INT,
	REPLY_BYTES,
	REPLY_STATUS,
	REPLY_ERROR,
	REPLY_ARRAY
};

/* A view of a reply. */
struct reply;
enum reply_kind reply_kind(const struct reply *r); /* NULL is REPLY_NIL */
int64_t reply_int(const struct reply *r);	   /* 0 for other kinds */
struct slice reply_bytes(const struct reply *r); /* also of status and error */
size_t reply_count(const struct reply *r);	 /* 0 for other kinds */
const struct reply *reply_at(const struct reply *r, size_t i);

/* e: ERR_OK with a reply that is not an error; ERR_REFUSED with an error reply
 * (its text in reply_bytes); ERR_FULL when that error says that there is no
 * room (OOM, or MISCONF for a full disk); ERR_AGAIN when nothing was done and
 * it is worth trying again: the server had lost the scripts, which are on their
 * way, or it is no master at the moment, and then the connection is made anew;
 * ERR_CLOSED with NULL. */
typedef void redis_reply_fn(void *arg, enum err e, const struct reply *reply);

struct redis_script {
	const char *name;
	const char *source; /* Lua; borrowed for ever */
};

struct redis_options {
	const struct redis_access *access; /* borrowed until opened */
	const struct redis_script
	    *scripts; /* borrowed; index = script number */
	size_t n_scripts;
	/* Connected, authenticated and scripts loaded / lost. On a cluster each
	 * of them also when that is so of a part of the keys: redis_reaches()
	 * tells. May be NULL. */
	void (*on_up)(void *arg);
	void (*on_down)(void *arg);
	/* A published message. May be NULL. */
	void (*on_publish)(void *arg, struct slice channel,
			   struct slice message);
	void *arg;
	/* Waiting replies at most; further commands get ERR_FULL. 0: 65,536. */
	size_t pending_max;
};

/* Checks the URL; NULL with a text in error. Connects in the background. */
struct redis *redis_open(uv_loop_t *loop, const struct redis_options *options,
			 char *error, size_t error_size);
/* Every waiting callback gets ERR_CLOSED before this returns; handles are freed
 * by the loop: run it once more. */
void redis_close(struct redis **r);
/* A cluster is up while one of its masters can be asked. */
bool redis_is_up(const struct redis *r);
/* What has this key can be asked: on a cluster that is one of several. */
bool redis_reaches(const struct redis *r, struct slice key);
/* Some keys may be reached while others are not. */
bool redis_is_parted(const struct redis *r);
/* A number of whoever has this key: another one, or 0, when it has moved. What
 * goes over several commands and is not a matter of keys, such as a SCAN,
 * begins anew then. */
uint64_t redis_home(const struct redis *r, struct slice key);
/* Commands sent and not yet answered. */
size_t redis_pending(const struct redis *r);

/* Copies the arguments. ERR_CLOSED while down (the callback is not called
 * then). fn may be NULL. */
MUST_CHECK enum err redis_command(struct redis *r, const struct slice *argv,
				  size_t argc, redis_reply_fn *fn, void *arg);
/* A command without a key, for whoever has this one, behind what has been asked
 * of it before. On a cluster keep in mind that the key may move. */
MUST_CHECK enum err redis_command_near(struct redis *r, struct slice key,
				       const struct slice *argv, size_t argc,
				       redis_reply_fn *fn, void *arg);
/* Formats like "HGET %s %b" with hiredis's rules (%b takes pointer and size_t).
 */
MUST_CHECK enum err redis_commandf(struct redis *r, redis_reply_fn *fn,
				   void *arg, const char *fmt, ...);
/* Calls script number i with keys, at least one and all of one hash tag, and
 * arguments. */
MUST_CHECK enum err redis_script(struct redis *r, size_t i,
				 const struct slice *keys, size_t n_keys,
				 const struct slice *argv, size_t argc,
				 redis_reply_fn *fn, void *arg);
/* Subscribing turns a connection into one for messages only; it is repeated at
 * every reconnect. Use a connection of its own. */
void redis_subscribe(struct redis *r, const char *channel);

#endif
