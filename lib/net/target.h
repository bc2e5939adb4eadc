/*
 * target - which network addresses a request may go to.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Looked at when a webhook is saved with an address in its URL, and whenever a
 * socket is about to be opened, so that no name, however it resolves, leads
 * into a network that is not the public internet. Pure.
 */
#ifndef NET_TARGET_H
#define NET_TARGET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

#define TARGET_NETS_MAX 256

/* A network; IPv4 ones as IPv4-mapped IPv6 (prefix counts from there). */
struct target_net {
	uint8_t bytes[16];
	unsigned prefix; /* bits, 0 to 128 */
};

struct target_rules {
	bool dev; /* private and loopback networks are allowed */
	size_t n;
	struct target_net nets[TARGET_NETS_MAX]; /* allowed whatever they are */
};

struct target_address {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
};

/* Four decimal numbers, or IPv6 without brackets and zone; port 0. */
MUST_CHECK enum err target_address_parse(struct target_address *address,
					 struct slice text);
/* allow_nets: comma-separated CIDRs or single addresses, NULL or "" for none.
 * On ERR_BAD_VALUE *bad is the entry at fault. */
MUST_CHECK enum err target_rules_parse(struct target_rules *rules,
				       const char *allow_nets, bool dev,
				       struct slice *bad);
/* Every address is allowed: for who looks at the text of a URL only. dev allows
 * http://, as in other rules. */
const struct target_rules *target_rules_any(bool dev);
bool target_allowed(const struct target_rules *rules,
		    const struct sockaddr *address);

#endif
