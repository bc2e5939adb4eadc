/*
 * http_listen - a listening TCP socket from "host:port".
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/slice.h"

#define BACKLOG 1024
#define HOST_SIZE 256

/* Splits at the last colon; the host may stand in brackets. */
static bool split(const char *bind_to, char host[HOST_SIZE], const char **port)
{
	const char *colon = strrchr(bind_to, ':');
	struct slice s;

	if (!colon || colon[1] == '\0')
		return false;
	s = slice_bytes(bind_to, (size_t)(colon - bind_to));
	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = slice_bytes(s.p + 1, s.n - 2);
	*port = colon + 1;
	return s.n > 0 && slice_cstr(host, HOST_SIZE, s);
}

static int open_socket(const struct addrinfo *a)
{
	int on = 1;
	int fd =
	    socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

static unsigned port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = {0};
	socklen_t n = sizeof(a);

	if (getsockname(fd, &a.any, &n) != 0)
		return 0;
	return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port
						 : a.v4.sin_port);
}

enum err http_listen(const char *bind_to, int *fd, unsigned *port, char *error,
		     size_t error_size)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found;
	char host[HOST_SIZE];
	const char *service;
	int rc;

	if (!split(bind_to, host, &service)) {
		snprintf(error, error_size,
			 "cannot listen on %s: not host:port", bind_to);
		return ERR_IO;
	}
	rc = getaddrinfo(host, service, &hints, &found);
	if (rc != 0) {
		snprintf(error, error_size, "cannot listen on %s: %s", bind_to,
			 gai_strerror(rc));
		return ERR_IO;
	}
	*fd = open_socket(found);
	if (*fd < 0)
		snprintf(error, error_size, "cannot listen on %s: %s", bind_to,
			 strerror(errno));
	freeaddrinfo(found);
	if (*fd < 0)
		return ERR_IO;
	*port = port_of(*fd);
	return ERR_OK;
}
