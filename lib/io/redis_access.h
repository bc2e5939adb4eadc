/*
 * redis_access - where Redis is and how one gets in: what settings say.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_REDIS_ACCESS_H
#define IO_REDIS_ACCESS_H

#include <stdbool.h>

/* NULL or "" where nothing is said; whoever fills it owns the strings. */
struct redis_access {
	char *url;
	char *password;		 /* secret; instead of one in the URL */
	char *sentinel_password; /* secret; the sentinels' own */
	char *tls_ca;	/* file: PEM roots to trust instead of the system's */
	char *tls_cert; /* file: PEM of the client's certificate and chain */
	char *tls_key;	/* secret: PEM of its key */
};

static inline bool redis_given(const char *setting)
{
	return setting && setting[0];
}

#endif
