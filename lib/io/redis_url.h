/*
 * redis_url - where Redis is and who we are there, taken from its URL.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_REDIS_URL_H
#define IO_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_url {
	char *host;	/* owned; NULL when path is set */
	char *path;	/* owned; of a UNIX socket */
	char *user;	/* owned, or NULL */
	char *password; /* owned, wiped when freed, or NULL */
	int port;
	uint64_t db;
};

/* redis://[user:password@]host[:port][/db], redis://:password@host,
 * unix:///path. User and password are percent-decoded. False with a text that
 * never shows the password; nothing is to be freed then. */
bool redis_url_parse(struct redis_url *u, const char *url, char *error,
		     size_t error_size);
void redis_url_fini(struct redis_url *u);

#endif
