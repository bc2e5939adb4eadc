/*
 * up_bind - the addresses that the services will listen on.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "up_bind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/slice.h"

#define SOCKETS_MAX 64
#define LIST_BYTES_MAX 4096
#define ADDRESS_SIZE 128

struct up_binds {
	int sockets[SOCKETS_MAX];
	size_t n;
};

struct up_binds *up_binds_new(void)
{
	return xcalloc(1, sizeof(struct up_binds));
}

void up_binds_free(struct up_binds **b)
{
	if (!*b)
		return;
	for (size_t i = 0; i < (*b)->n; i++)
		close((*b)->sockets[i]);
	free(*b);
	*b = NULL;
}

/* Splits at the last colon; brackets of an IPv6 address go. */
static bool split(const char *text, char *host, size_t host_size,
		  struct slice *port)
{
	const char *colon = strrchr(text, ':');
	struct slice h;

	if (!colon || colon == text)
		return false;
	h = slice_bytes(text, (size_t)(colon - text));
	if (h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = slice_bytes(h.p + 1, h.n - 2);
	*port = slice_of(colon + 1);
	return slice_cstr(host, host_size, h);
}

bool up_bind_sockaddr(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	char host[ADDRESS_SIZE];
	struct slice port;
	uint64_t number = 0;

	if (!split(text, host, sizeof(host), &port))
		return false;
	if (!slice_eq_str(port, "*") &&
	    (!slice_parse_u64(port, &number) || number > 65535))
		return false;
	memset(out, 0, sizeof(*out));
	if (strcmp(host, "*") == 0 || strcmp(host, "localhost") == 0)
		snprintf(host, sizeof(host), "%s",
			 host[0] == '*' ? "0.0.0.0" : "127.0.0.1");
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)number);
		return true;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)number);
	return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
}

static socklen_t size_of(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					: sizeof(struct sockaddr_in);
}

static unsigned port_of(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET6
			 ? ((const struct sockaddr_in6 *)a)->sin6_port
			 : ((const struct sockaddr_in *)a)->sin_port);
}

/* Listens on the address; *a then has the port that it got. */
static bool hold(struct up_binds *b, struct sockaddr_storage *a)
{
	int fd = socket(a->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	socklen_t n = size_of(a);

	if (fd < 0 || b->n == SOCKETS_MAX)
		return false;
	b->sockets[b->n++] = fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, (const struct sockaddr *)a, n) == 0 &&
	       listen(fd, 1) == 0 &&
	       getsockname(fd, (struct sockaddr *)a, &n) == 0;
}

/* One address of a list, with its real port, to the end of out. */
static bool take_one(struct up_binds *b, const char *setting, char *text,
		     struct buf *out, char *error, size_t error_size)
{
	bool has_scheme = strncmp(text, "tcp://", 6) == 0;
	char *address = has_scheme ? text + 6 : text;
	struct sockaddr_storage a;

	if (strstr(address, "://") || !up_bind_sockaddr(address, &a)) {
		/* ipc, a host name, or nonsense: the service will say. */
		buf_append_str(out, text);
		return true;
	}
	if (!hold(b, &a)) {
		snprintf(error, error_size, "cannot listen on %s (%s): %s",
			 address, setting, strerror(errno));
		return false;
	}
	*strrchr(address, ':') = '\0';
	buf_printf(out, "%s:%u", text, port_of(&a));
	return true;
}

char *up_binds_take(struct up_binds *b, const char *setting, const char *list,
		    char *error, size_t error_size)
{
	struct buf out;
	bool ok = true;
	char *result;

	buf_init(&out, LIST_BYTES_MAX);
	while (ok && *list) {
		size_t n = strcspn(list, ",");
		char *one = xstrndup(list, n);

		if (out.n)
			buf_append_char(&out, ',');
		ok = take_one(b, setting, one, &out, error, error_size);
		free(one);
		list += list[n] ? n + 1 : n;
	}
	buf_append_char(&out, '\0');
	result = ok ? xstrdup(out.p) : NULL;
	buf_fini(&out);
	return result;
}

/* One address to connect to. */
static bool target(const char *address, char *out, size_t size)
{
	char host[ADDRESS_SIZE];
	struct slice port;

	if (strstr(address, "://") ||
	    !split(address, host, sizeof(host), &port))
		return false;
	if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "*") == 0)
		snprintf(out, size, "127.0.0.1:%.*s", SLICE_FMT(port));
	else if (strcmp(host, "::") == 0)
		snprintf(out, size, "[::1]:%.*s", SLICE_FMT(port));
	else
		snprintf(out, size, "%s", address);
	return true;
}

bool up_bind_target(const char *list, char *out, size_t size)
{
	bool found = false;

	while (!found && *list) {
		size_t n = strcspn(list, ",");
		char *one = xstrndup(list, n);

		found = target(strncmp(one, "tcp://", 6) == 0 ? one + 6 : one,
			       out, size);
		free(one);
		list += list[n] ? n + 1 : n;
	}
	return found;
}
