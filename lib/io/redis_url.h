/*
 * redis_url - where Redis is and who we are there, taken from its URL.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_REDIS_URL_H
#define IO_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REDIS_HOSTS_MAX 16

struct redis_host {
	char *name; /* owned */
	int port;
};

struct redis_url {
	/* One; of sentinels several; none when path is set. */
	struct redis_host hosts[REDIS_HOSTS_MAX];
	size_t n_hosts;
	char *master;	/* owned; what sentinels call it; NULL: no sentinels */
	char *path;	/* owned; of a UNIX socket */
	char *user;	/* owned, or NULL */
	char *password; /* owned, wiped when freed, or NULL */
	bool tls;
	uint64_t db;
};

/* redis://[user:password@]host[:port][/db], redis://:password@host,
 * redis+sentinel://[user:password@]host[:port],.../master[/db], both also with
 * rediss, where this build has TLS; unix:///path, or
 * unix://user:password@/path. User and password are percent-decoded. False with
 * a text that never shows the password; nothing is to be freed then. */
bool redis_url_parse(struct redis_url *u, const char *url, char *error,
		     size_t error_size);
void redis_url_fini(struct redis_url *u);

#endif
