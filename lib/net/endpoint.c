/*
 * endpoint - which ZeroMQ addresses can be reached from other hosts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/endpoint.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#define HOST_SIZE 64
#define TCP "tcp://"

/* "127.0.0.1", "[::1]" or "localhost". An interface is not looked up: even
 * "lo" may have a public address. */
static bool is_loopback(struct slice host)
{
	char text[HOST_SIZE];
	struct in_addr v4;
	struct in6_addr v6;

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = slice_bytes(host.p + 1, host.n - 2);
	if (!slice_cstr(text, sizeof(text), host))
		return false;
	if (inet_pton(AF_INET, text, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, text, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6);
	return strcmp(text, "localhost") == 0;
}

bool endpoint_is_local(struct slice endpoint)
{
	size_t n;

	if (slice_skip(&endpoint, "ipc://") ||
	    slice_skip(&endpoint, "inproc://"))
		return true;
	if (!slice_skip(&endpoint, TCP))
		return false;
	for (n = endpoint.n; n > 0 && endpoint.p[n - 1] != ':'; n--)
		;
	return n > 0 && is_loopback(slice_bytes(endpoint.p, n - 1));
}

bool endpoint_is_tcp(struct slice endpoint)
{
	return slice_skip(&endpoint, TCP);
}

bool endpoint_exposed(const char *list, struct slice *endpoint)
{
	while (*list) {
		size_t n = strcspn(list, ",");

		*endpoint = slice_bytes(list, n);
		if (n > 0 && !endpoint_is_local(*endpoint))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}
