/*
 * address - where a URL that is a template may lead.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What its author wrote outside the templates says scheme, host and port; no
 * value of a call may change them. Only the host, and only to one of a list,
 * where the template stands in it.
 */
#ifndef JOURNEY_ADDRESS_H
#define JOURNEY_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "journey/plain_url.h"
#include "net/url.h"

struct address {
	struct url_parts at;	/* no host: one of hosts */
	struct plain_url plain; /* at is a view of its text */
	char **hosts;		/* owned */
	size_t n_hosts;
	bool has_tags; /* so its segments are looked at */
};

/* NULL, or a static text that says what is wrong. To be ended with
 * address_fini() in both cases. */
const char *address_init(struct address *a, const char *url, char *const *hosts,
			 size_t n_hosts);
void address_fini(struct address *a);
/* Of a rendered URL: NULL, or a static text that says why nothing may be sent
 * there. */
const char *address_fault(const struct address *a, struct slice url);

#endif
