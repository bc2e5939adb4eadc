/*
 * redis_private - what redis and redis_call share, and nobody else.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_REDIS_PRIVATE_H
#define IO_REDIS_PRIVATE_H

#include <hiredis/hiredis.h>

#include "base/list.h"
#include "io/redis.h"
#include "io/redis_link.h"
#include "io/redis_sentinel.h"
#include "io/redis_tls.h"
#include "io/redis_url.h"

#define CHANNELS_MAX 64
#define SHA_SIZE 41
#define PENDING_MAX_DEFAULT 65536

struct cluster;
struct redis_call;
typedef void redis_answer_fn(struct redis_call *call, const redisReply *reply);

/* One command that hiredis knows of; freed when hiredis calls back. */
struct redis_call {
	struct list node; /* in redis.calls, until answered */
	struct redis *r;  /* borrowed; NULL once answered */
	redis_answer_fn *on_reply;
	redis_reply_fn *fn;
	void *arg;
	size_t script; /* of a SCRIPT LOAD */
};

/* A command as it goes over the wire: hiredis' memory. */
struct redis_wire {
	char *p;
	size_t n;
};

struct redis_wire redis_wire_of(const struct slice *argv, size_t argc);
void redis_wire_free(struct redis_wire *w);

/* What must answer. Of a cluster any node may: it knows who else must. */
enum redis_role { ROLE_MASTER, ROLE_SENTINEL, ROLE_ANY };

enum phase { PHASE_DOWN, PHASE_CONNECTING, PHASE_SETUP, PHASE_UP };

struct redis {
	struct cluster *cluster; /* owned; then the rest is not used */
	uv_loop_t *loop;
	struct redis_options o;
	struct redis_url url;	 /* owned */
	char *password;		 /* owned; instead of the URL's, or NULL */
	char *sentinel_password; /* owned, or NULL */
	struct redis_tls *tls;	 /* one reference, or NULL */
	enum redis_role role;
	struct redis_sentinel *sentinel; /* owned; NULL: the URL says where */
	struct redis_host at;		 /* where the link goes, or went */
	bool wanted; /* to be connected as soon as sentinels say where */
	enum phase phase;
	struct redis_link *link; /* owned; NULL while there is none */
	uv_timer_t timer;	 /* waits to reconnect, or watches the link */
	uv_getaddrinfo_t resolve;
	bool resolving;
	bool closing;
	bool reloading; /* scripts are on their way again after a NOSCRIPT */
	unsigned tries; /* failed connects in a row */
	unsigned silent_ticks;
	size_t setup_left;
	struct list calls;
	size_t pending; /* calls of the users */
	char (*sha)[SHA_SIZE];
	char *channels[CHANNELS_MAX];
	size_t n_channels;
	char why[160]; /* why the last link was lost */
};

/* redis_open() of what has been parsed. Takes the URL, and a reference of tls.
 */
struct redis *redis_open_url(uv_loop_t *loop,
			     const struct redis_options *options,
			     struct redis_url *url, struct redis_tls *tls,
			     enum redis_role role);

/* A view of hiredis's reply. */
static inline const struct reply *redis_reply_view(const redisReply *r)
{
	return (const struct reply *)(const void *)r;
}

/* To be sent, and then answered exactly once: with NULL when the link ends. */
struct redis_call *redis_call_new(struct redis *r, redis_answer_fn *on_reply);
/* A command of our own. A link that does not take it is doomed. */
void redis_call_send(struct redis *r, struct redis_call *call, int argc,
		     const char **argv);
/* One call for each of the scripts. */
void redis_call_scripts(struct redis *r, redis_answer_fn *on_reply);
/* A command as it goes over the wire; else as redis_command(). */
MUST_CHECK enum err redis_formatted(struct redis *r, struct slice command,
				    redis_reply_fn *fn, void *arg);
/* The connection is closing: whoever waits is answered now. */
void redis_call_end_all(struct redis *r);

/* False also for a link that has been doomed from inside a callback. */
bool redis_can_send(const struct redis *r);
/* Another connection may be told better. */
void redis_give_up_on(struct redis *r, const redisReply *reply);

#endif
