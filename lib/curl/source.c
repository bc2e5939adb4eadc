/*
 * source - binds sockets to the addresses that requests are to come from.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curl/source.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

bool source_usable(const struct egress_sources *sources, int family)
{
	return !egress_sources_any(sources) ||
	       egress_source_for(sources, family) != NULL;
}

bool source_bind(const struct egress_sources *sources, int family, int fd)
{
	const struct target_address *a = egress_source_for(sources, family);
	int on = 1;

	if (!a)
		return true;
	/* The port is chosen when it connects, for each receiver by itself:
	 * else all share the few that one address has. */
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
			 sizeof(on));
	return bind(fd, &a->sa,
		    family == AF_INET ? sizeof(a->in) : sizeof(a->in6)) == 0;
}

static bool can_bind(const struct egress_sources *sources, int family)
{
	int fd;
	bool bound;

	if (!egress_source_for(sources, family))
		return true;
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bound = source_bind(sources, family, fd);
	/* A successful close() leaves errno alone. */
	(void)close(fd);
	return bound;
}

enum err source_check(const struct egress_sources *sources)
{
	return can_bind(sources, AF_INET) && can_bind(sources, AF_INET6)
		   ? ERR_OK
		   : ERR_IO;
}
