/*
 * redis_sentinel - where the master is, as Redis Sentinels say.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asks one sentinel again and again; the next one when that is silent, gone or
 * knows no such master. What it says is a hint: whoever connects there looks
 * whether a master answers.
 */
#ifndef IO_REDIS_SENTINEL_H
#define IO_REDIS_SENTINEL_H

#include <uv.h>

#include "io/redis_tls.h"
#include "io/redis_url.h"

struct redis_sentinel;

struct redis_sentinel_options {
	const struct redis_url *url; /* borrowed: outlives it */
	const char *password;	     /* of the sentinels; borrowed as well */
	struct redis_tls *tls;	     /* borrowed as well; NULL: none */
	/* After every answer. */
	void (*on_master)(void *arg, const char *host, int port);
	void *arg;
};

struct redis_sentinel *
redis_sentinel_new(uv_loop_t *loop,
		   const struct redis_sentinel_options *options);
/* on_master is not called any more. */
void redis_sentinel_free(struct redis_sentinel **s);
/* The master is wanted: ask now, and often until told to rest. */
void redis_sentinel_hurry(struct redis_sentinel *s);
void redis_sentinel_rest(struct redis_sentinel *s);

#endif
