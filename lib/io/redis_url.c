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

#define PORT_DEFAULT 6379
#define PORT_MAX 65535
#define DB_MAX 1000000

static void wipe_free(char **s)
{
	if (*s)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

void redis_url_fini(struct redis_url *u)
{
	free(u->host);
	free(u->path);
	free(u->user);
	wipe_free(&u->password);
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

static const char *parse_port(struct redis_url *u, struct slice s)
{
	uint64_t port;

	if (s.n == 0)
		return NULL;
	if (s.p[0] != ':' || !slice_parse_u64(cut(s, 1), &port) || port == 0 ||
	    port > PORT_MAX)
		return "has a bad port";
	u->port = (int)port;
	return NULL;
}

static const char *parse_host(struct redis_url *u, struct slice s)
{
	struct slice host = s;
	const char *end;

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
	u->host = slice_dup(host);
	return parse_port(u, s);
}

static const char *parse_tcp(struct redis_url *u, struct slice rest)
{
	const char *slash, *at;
	const char *fault = NULL;

	slash = memchr(rest.p, '/', rest.n);
	if (slash) {
		size_t n = (size_t)(slash - rest.p);

		fault = parse_db(u, cut(rest, n + 1));
		rest.n = n;
	}
	at = memrchr(rest.p, '@', rest.n);
	if (!fault && at) {
		size_t n = (size_t)(at - rest.p);

		fault = parse_login(u, (struct slice){rest.p, n});
		rest = cut(rest, n + 1);
	}
	return fault ? fault : parse_host(u, rest);
}

static const char *parse_unix(struct redis_url *u, struct slice rest)
{
	if (rest.n < 2 || rest.p[0] != '/')
		return "needs an absolute path: unix:///path";
	if (rest.n >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return "has a path that is too long for a socket";
	u->path = slice_dup(rest);
	return NULL;
}

bool redis_url_parse(struct redis_url *u, const char *url, char *error,
		     size_t error_size)
{
	struct slice s = slice_of(url);
	const char *fault;

	*u = (struct redis_url){.port = PORT_DEFAULT};
	if (s.n >= 8 && strncmp(url, "redis://", 8) == 0)
		fault = parse_tcp(u, cut(s, 8));
	else if (s.n >= 7 && strncmp(url, "unix://", 7) == 0)
		fault = parse_unix(u, cut(s, 7));
	else
		fault = "must begin with redis:// or unix://";
	if (!fault)
		return true;
	redis_url_fini(u);
	snprintf(error, error_size, "the Redis URL %s", fault);
	return false;
}
