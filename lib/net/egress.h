/*
 * egress - how requests leave: from which addresses, through which proxy.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads the two settings; opens nothing. Pure.
 */
#ifndef NET_EGRESS_H
#define NET_EGRESS_H

#include <stdbool.h>

#include "net/target.h"

/* At most one address of each family; sa_family 0: none. */
struct egress_sources {
	struct target_address v4, v6;
};

/* "192.0.2.7", "192.0.2.7,2001:db8::7"; NULL or "" for none. On ERR_BAD_VALUE
 * *bad is the entry at fault. */
MUST_CHECK enum err egress_sources_parse(struct egress_sources *sources,
					 const char *text, struct slice *bad);
bool egress_sources_any(const struct egress_sources *sources);
/* The one to bind a socket of this family to; NULL: none is set for it. */
const struct target_address *
egress_source_for(const struct egress_sources *sources, int family);

/* http://[user:password@]host:port or socks5://…: NULL, or what is wrong with
 * it. The text never repeats the value, which holds a password. */
const char *egress_proxy_fault(const char *text);

#endif
