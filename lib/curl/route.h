/*
 * route - where a request that goes through a proxy shall end.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guard for proxies: the name is resolved here, its addresses are checked,
 * and the proxy is told an address. So it never resolves a name for us, and is
 * never asked for an address that a direct connection would not go to.
 */
#ifndef CURL_ROUTE_H
#define CURL_ROUTE_H

#include "curl/fault.h"
#include "net/url.h"
#include "curl/resolve.h"

#define ROUTE_TEXT_SIZE 64

/* Which address: the first allowed one at the first attempt, the next one at
 * the next. FAULT_NONE, or why there is none. Pure. */
enum fault route_choose(const struct target_rules *rules,
			const struct resolve_answer *answer, uint64_t attempt,
			struct target_address *out);
/* The address of a URL that has one instead of a name. */
enum fault route_literal(const struct target_rules *rules,
			 const struct url_parts *url,
			 struct target_address *out);
/* As libcurl wants to be told: "::192.0.2.1:443", "::[2001:db8::1]:443". */
void route_format(char out[ROUTE_TEXT_SIZE], const struct target_address *a,
		  uint16_t port);

#endif
