/*
 * redis_tls - TLS to Redis, where the library has it: hiredis 1.0 or newer with
 * its hiredis_ssl.
 * SPDX-License-Identifier: Apache-2.0
 *
 * TLS 1.2 or newer; the server's certificate and its name are verified.
 * Counted, since a connection that finds its server through sentinels has
 * connections to them as well. What a build without it is asked for it refuses.
 */
#ifndef IO_REDIS_TLS_H
#define IO_REDIS_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "io/redis_access.h"

struct redis_tls;
struct redisContext;

bool redis_tls_is_built(void);
/* Reads what the settings name. NULL with one line in error, which begins with
 * the setting that is at fault. */
struct redis_tls *redis_tls_new(const struct redis_access *access, char *error,
				size_t error_size);
struct redis_tls *redis_tls_ref(struct redis_tls *tls); /* NULL: NULL */
void redis_tls_unref(struct redis_tls **tls);
/* Why a connection has just ended, as far as TLS knows; NULL: it is not to
 * blame. Static; asked once. */
const char *redis_tls_why(struct redis_tls *tls);
/* To be called on a context whose connect is under way. host: the name or
 * address that the certificate must be for. False: no memory. */
bool redis_tls_start(const struct redis_tls *tls, struct redisContext *c,
		     const char *host);

#endif
