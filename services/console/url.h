/*
 * url - is this a URL that a webhook may have?
 * SPDX-License-Identifier: Apache-2.0
 *
 * Looks at the text only. What a name resolves to is checked by the sender each
 * time it connects.
 */
#ifndef CONSOLE_URL_H
#define CONSOLE_URL_H

#include <stdbool.h>

#include "base/slice.h"

#define URL_BYTES_MAX 2048

struct url_rules {
	bool dev;		/* http:// and any address */
	const char *allow_nets; /* comma-separated CIDRs, or NULL */
};

/* NULL when it may, else a static text that says why not. *unsupported is set
 * when this version cannot do what the URL asks for. */
const char *url_fault(const struct url_rules *rules, struct slice url,
		      bool *unsupported);

#endif
