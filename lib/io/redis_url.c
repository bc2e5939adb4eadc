/*
 * redis_url - where Redis is and who we are there, taken from its URL.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/redis_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/slice.h"
#include "base/text.h"
#include "io/redis_tls.h"

#define PORT_DEFAULT 6379
#define SENTINEL_PORT_DEFAULT 26379
#define PORT_MAX 65535
#define DB_MAX 1000000

void redis_url_fini(struct redis_url *u)
{
	for (size_t i = 0; i < u->n_hosts; i++)
		free(u->hosts[i].name);
	free(u->master);
	free(u->path);
	free(u->user);
	mem_wipe(&u->password);
	*u = (struct redis_url){0};
}

/* A decoded copy, or NULL when an escape is broken or hides a NUL. */
static char *decoded(struct slice in)
{
	struct buf out;
	size_t n;

	buf_init(&out, in.n + 1);
	if (percent_decode(&out, in) && !memchr(in.n ? out.p : "", 0, out.n)) {
		buf_append_char(&out, '\0');
		return buf_take(&out, &n);
	}
	buf_fini(&out);
	return NULL;
}

static struct slice cut(struct slice s, size_t from)
{
	return (struct slice){s.p + from, s.n - from};
}

static const char *parse_login(struct redis_url *u, struct slice login)
{
	const char *colon = memchr(login.p, ':', login.n);
	struct slice user = login;

	if (colon) {
		user.n = (size_t)(colon - login.p);
		u->password = decoded(cut(login, user.n + 1));
		if (!u->password)
			return "has a broken escape in its password";
	}
	if (user.n == 0)
		return NULL;
	u->user = decoded(user);
	return u->user ? NULL : "has a broken escape in its user";
}

static const char *parse_db(struct redis_url *u, struct slice s)
{
	if (s.n == 0)
		return NULL;
	if (!slice_parse_u64(s, &u->db) || u->db > DB_MAX)
		return "has a database that is not a number";
	return NULL;
}

static const char *parse_port(struct slice s, int *port)
{
	uint64_t number;

	if (s.n == 0)
		return NULL;
	if (s.p[0] != ':' || !slice_parse_u64(cut(s, 1), &number) ||
	    number == 0 || number > PORT_MAX)
		return "has a bad port";
	*port = (int)number;
	return NULL;
}

static const char *parse_host(struct redis_url *u, struct slice s)
{
	struct slice host = s;
	const char *end, *fault;
	int port = u->master ? SENTINEL_PORT_DEFAULT : PORT_DEFAULT;

	if (u->n_hosts == REDIS_HOSTS_MAX)
		return "has too many hosts";
	if (s.n > 0 && s.p[0] == '[') {
		end = memchr(s.p, ']', s.n);
		if (!end)
			return "has a '[' without a ']'";
		host = (struct slice){s.p + 1, (size_t)(end - s.p) - 1};
		s = cut(s, (size_t)(end - s.p) + 1);
	} else {
		end = memchr(s.p, ':', s.n);
		host.n = end ? (size_t)(end - s.p) : s.n;
		s = cut(s, host.n);
	}
	if (host.n == 0)
		return "has no host";
	if (memchr(host.p, ',', host.n))
		return "has several hosts, which only redis+sentinel:// may";
	fault = parse_port(s, &port);
	if (!fault)
		u->hosts[u->n_hosts++] =
		    (struct redis_host){slice_dup(host), port};
	return fault;
}

static const char *parse_hosts(struct redis_url *u, struct slice s)
{
	const char *fault = NULL;
	struct slice one;

	if (!u->master)
		return parse_host(u, s);
	while (!fault && slice_cut(&s, ',', &one))
		fault = parse_host(u, one);
	return fault ? fault : parse_host(u, s);
}

/* What follows the hosts: [/db], or /master[/db]. */
static const char *parse_path(struct redis_url *u, bool sentinel,
			      struct slice path)
{
	struct slice name = path, db = path;

	if (!sentinel)
		return parse_db(u, db);
	if (slice_cut(&db, '/', &name))
		path = db;
	else
		path.n = 0;
	u->master = name.n > 0 ? decoded(name) : NULL;
	return u->master ? parse_db(u, path)
			 : "needs the master's name behind the sentinels";
}

static const char *parse_tcp(struct redis_url *u, bool sentinel,
			     struct slice rest)
{
	struct slice path = {"", 0};
	const char *slash, *at;
	const char *fault;

	slash = memchr(rest.p, '/', rest.n);
	if (slash) {
		size_t n = (size_t)(slash - rest.p);

		path = cut(rest, n + 1);
		rest.n = n;
	}
	fault = parse_path(u, sentinel, path);
	at = memrchr(rest.p, '@', rest.n);
	if (!fault && at) {
		size_t n = (size_t)(at - rest.p);

		fault = parse_login(u, (struct slice){rest.p, n});
		rest = cut(rest, n + 1);
	}
	return fault ? fault : parse_hosts(u, rest);
}

static const char *parse_unix(struct redis_url *u, struct slice rest)
{
	const char *slash = memchr(rest.p, '/', rest.n);
	const char *fault;

	/* An '@' in front of the path ends a login; in it, it is a character.
	 */
	if (slash && slash > rest.p && slash[-1] == '@') {
		size_t n = (size_t)(slash - rest.p);

		fault = parse_login(u, (struct slice){rest.p, n - 1});
		if (fault)
			return fault;
		rest = cut(rest, n);
	}
	if (rest.n < 2 || rest.p[0] != '/')
		return "needs an absolute path: unix:///path";
	if (rest.n >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return "has a path that is too long for a socket";
	u->path = slice_dup(rest);
	return NULL;
}

static const char *parse(struct redis_url *u, struct slice url)
{
	static const struct {
		const char *name;
		bool tls, sentinel;
	} schemes[] = {
	    {"redis://", false, false},
	    {"rediss://", true, false},
	    {"redis+sentinel://", false, true},
	    {"rediss+sentinel://", true, true},
	};

	if (slice_skip(&url, "unix://"))
		return parse_unix(u, url);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!slice_skip(&url, schemes[i].name))
			continue;
		u->tls = schemes[i].tls;
		if (u->tls && !redis_tls_is_built())
			return "asks for TLS, which needs a build with "
			       "hiredis 1.0 or newer (Debian 13)";
		return parse_tcp(u, schemes[i].sentinel, url);
	}
	return "must begin with redis://, rediss://, redis+sentinel://, "
	       "redis+cluster:// (each also with rediss) or unix://";
}

bool redis_url_parse(struct redis_url *u, const char *url, char *error,
		     size_t error_size)
{
	const char *fault;

	*u = (struct redis_url){0};
	fault = parse(u, slice_of(url ? url : ""));
	if (!fault)
		return true;
	redis_url_fini(u);
	snprintf(error, error_size, "the Redis URL %s", fault);
	return false;
}
