/*
 * bearer - one access token, as the header line that requests carry.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Immutable and counted: a request under way keeps the line that it was started
 * with. Wiped with the last reference.
 */
#ifndef SENDER_BEARER_H
#define SENDER_BEARER_H

#include <stddef.h>
#include <stdint.h>

#include "base/ulid.h"
#include "proto/message.h"

struct bearer {
	size_t refs; /* private */
	struct ulid credential;
	uint64_t number, version;
	uint64_t use_until_ms, renew_ms; /* wall clock */
	size_t line_n;
	char line[]; /* "Authorization: Bearer ..." */
};

/* With one reference. master_key: 32 bytes. NULL: there is no token in m, or
 * none that this key opens and that may stand in a header. */
struct bearer *bearer_new(const uint8_t *master_key, const struct msg_token *m);
struct bearer *bearer_ref(struct bearer *b);
void bearer_unref(struct bearer **b);

#endif
