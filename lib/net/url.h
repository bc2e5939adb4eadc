/*
 * url - is this a URL that a webhook may have, and where does it lead?
 * SPDX-License-Identifier: Apache-2.0
 *
 * Takes less than RFC 3986 allows: only what every parser reads alike, and a
 * host that is a plain name or a plain address. So what is checked here is what
 * libcurl connects to. Looks at the text only; what a name resolves to is
 * looked at when the socket is opened.
 */
#ifndef NET_URL_H
#define NET_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "net/target.h"

#define URL_BYTES_MAX 2048	    /* of a webhook's */
#define URL_RENDERED_BYTES_MAX 8192 /* with its merge fields filled in */

struct url_parts {
	bool https;
	bool literal;	   /* the host is an address */
	struct slice host; /* of the URL's text; IPv6 without its brackets */
	uint16_t port;	   /* the scheme's, when the URL names none */
};

/* NULL and the parts, when it may; else a static text that says why not.
 * Braces may stand in the path and the query, as they do in merge fields. */
const char *url_parse(const struct target_rules *rules, struct slice url,
		      size_t bytes_max, struct url_parts *parts);

#endif
