/*
 * route - where a request that goes through a proxy shall end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curl/route.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/mem.h"

enum fault route_choose(const struct target_rules *rules,
			const struct resolve_answer *answer, uint64_t attempt,
			struct target_address *out)
{
	size_t allowed[RESOLVE_ADDRESSES_MAX], n = 0;

	if (answer->n == 0)
		return FAULT_RESOLVE;
	for (size_t i = 0; i < answer->n; i++)
		if (target_allowed(rules, &answer->at[i].sa))
			allowed[n++] = i;
	if (n == 0)
		return FAULT_ADDRESS_REFUSED;
	*out = answer->at[allowed[(attempt ? attempt - 1 : 0) % n]];
	return FAULT_NONE;
}

enum fault route_literal(const struct target_rules *rules,
			 const struct url_parts *url,
			 struct target_address *out)
{
	if (target_address_parse(out, url->host) != ERR_OK)
		return FAULT_URL_REFUSED;
	return target_allowed(rules, &out->sa) ? FAULT_NONE
					       : FAULT_ADDRESS_REFUSED;
}

void route_format(char out[ROUTE_TEXT_SIZE], const struct target_address *a,
		  uint16_t port)
{
	char text[INET6_ADDRSTRLEN];
	bool v6 = a->sa.sa_family == AF_INET6;
	const void *bytes =
	    v6 ? (const void *)&a->in6.sin6_addr : &a->in.sin_addr;

	must(inet_ntop(a->sa.sa_family, bytes, text, sizeof(text)) != NULL);
	(void)snprintf(out, ROUTE_TEXT_SIZE, v6 ? "::[%s]:%u" : "::%s:%u", text,
		       (unsigned)port);
}
