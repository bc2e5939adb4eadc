/*
 * cluster_url - the URL of a Redis Cluster: some of its nodes, and the login.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each node has the URL of a single server, so all that holds for one of these
 * holds here.
 */
#include "io/cluster_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/redis_url.h"

#define PLUS "+cluster"
#define MARK "://"

static bool cut_scheme(const char *url, struct slice *scheme,
		       struct slice *rest)
{
	const char *mark = url ? strstr(url, MARK) : NULL;
	size_t n = mark ? (size_t)(mark - url) : 0;
	size_t plus = strlen(PLUS);

	if (n <= plus || memcmp(url + n - plus, PLUS, plus) != 0)
		return false;
	*scheme = slice_bytes(url, n - plus);
	*rest = slice_of(mark + strlen(MARK));
	return slice_eq_str(*scheme, "redis") ||
	       slice_eq_str(*scheme, "rediss");
}

bool cluster_url_is(const char *url)
{
	struct slice scheme, rest;

	return cut_scheme(url, &scheme, &rest);
}

void cluster_url_fini(struct cluster_url *u)
{
	mem_wipe(&u->prefix);
	u->n = 0;
}

static bool add_seed(struct cluster_url *u, struct slice host, char *error,
		     size_t error_size)
{
	char *text =
	    xasprintf("%s%.*s", u->prefix, (int)host.n, host.n ? host.p : "");
	struct redis_url url;
	bool ok = redis_url_parse(&url, text, error, error_size);

	mem_wipe(&text);
	if (!ok)
		return false;
	if (u->n == CLUSTER_SEEDS_MAX ||
	    !slice_cstr(u->seeds[u->n].host, CLUSTER_HOST_SIZE,
			slice_of(url.hosts[0].name))) {
		snprintf(error, error_size,
			 "the Redis URL has too many hosts, or too long a one");
		ok = false;
	} else {
		u->seeds[u->n++].port = url.hosts[0].port;
	}
	redis_url_fini(&url);
	return ok;
}

static bool add_seeds(struct cluster_url *u, struct slice hosts, char *error,
		      size_t error_size)
{
	struct slice host;

	if (hosts.n && memchr(hosts.p, '/', hosts.n)) {
		snprintf(error, error_size,
			 "the Redis URL has a database, and a cluster has "
			 "only one: leave it out");
		return false;
	}
	while (slice_cut(&hosts, ',', &host))
		if (!add_seed(u, host, error, error_size))
			return false;
	return add_seed(u, hosts, error, error_size);
}

bool cluster_url_parse(struct cluster_url *u, const char *url, char *error,
		       size_t error_size)
{
	struct slice scheme, hosts, login = {"", 0};
	const char *at;

	*u = (struct cluster_url){0};
	must(cut_scheme(url, &scheme, &hosts));
	at = hosts.n ? memrchr(hosts.p, '@', hosts.n) : NULL;
	if (at) {
		login = slice_bytes(hosts.p, (size_t)(at - hosts.p) + 1);
		hosts = slice_bytes(at + 1, hosts.n - login.n);
	}
	u->prefix =
	    xasprintf("%.*s" MARK "%.*s", SLICE_FMT(scheme), SLICE_FMT(login));
	u->tls = slice_eq_str(scheme, "rediss");
	if (add_seeds(u, hosts, error, error_size))
		return true;
	cluster_url_fini(u);
	return false;
}

char *cluster_url_of(const struct cluster_url *u,
		     const struct cluster_place *place)
{
	bool v6 = strchr(place->host, ':') != NULL;

	return xasprintf("%s%s%s%s:%d", u->prefix, v6 ? "[" : "", place->host,
			 v6 ? "]" : "", place->port);
}
