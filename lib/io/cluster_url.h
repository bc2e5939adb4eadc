/*
 * cluster_url - the URL of a Redis Cluster: some of its nodes, and the login.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_CLUSTER_URL_H
#define IO_CLUSTER_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "io/cluster_map.h"

#define CLUSTER_SEEDS_MAX 32

struct cluster_url {
	char *prefix; /* owned, wiped when freed: the URL up to the hosts, as
		       * that of a single server */
	struct cluster_place seeds[CLUSTER_SEEDS_MAX];
	size_t n;
	bool tls;
};

/* True when it is meant as one: redis+cluster:// or rediss+cluster:// */
bool cluster_url_is(const char *url);
/* redis+cluster://[user:password@]host[:port][,host[:port]...]. False with a
 * text that never shows the password; nothing is to be freed then. */
bool cluster_url_parse(struct cluster_url *u, const char *url, char *error,
		       size_t error_size);
/* The URL of one node. The caller owns it and wipes it. */
char *cluster_url_of(const struct cluster_url *u,
		     const struct cluster_place *place);
void cluster_url_fini(struct cluster_url *u);

#endif
