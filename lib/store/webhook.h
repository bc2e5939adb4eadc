/*
 * webhook - from the JSON document in Redis to struct webhook.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The document is the one of the REST API plus "project". Its secrets (header
 * values, auth.password, auth.token, signing.secrets, tls.clientKey) are sealed
 * texts whose context is seal_context(); a text that is not sealed is taken
 * as it stands. A signing secret is a text or {"secret": text, "publicKey":
 * text, "until": time}, where all but the first may be missing.
 */
#ifndef STORE_WEBHOOK_H
#define STORE_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "store/config.h"

#define RETRY_DELAYS_DEFAULT                                          \
	{                                                             \
		5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400 \
	}
#define RETRY_JITTER_DEFAULT 0.2
#define CONCURRENCY_DEFAULT 64
#define TIMEOUT_MS_DEFAULT 15000
#define BATCH_EVENTS_DEFAULT 100
#define BATCH_WAIT_MS_DEFAULT 1000

struct webhook_source {
	struct slice document;
	struct slice disabled_reason; /* of KEY_CFG_DISABLED; n == 0: none */
	bool with_filter;
	bool with_request;	   /* headers, secrets, signing, tls too */
	const uint8_t *master_key; /* NULL: sealed secrets cannot be opened */
};

/* On success *out has one reference. Else *fault is a static text that names
 * the field. */
MUST_CHECK enum err webhook_parse(const struct webhook_source *source,
				  struct webhook **out, const char **fault);

#endif
