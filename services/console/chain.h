/*
 * chain - deliveries that wait behind others of their ordering key.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_CHAIN_H
#define CONSOLE_CHAIN_H

#include "base/ulid.h"
#include "call.h"

/* Asks for those behind a member, which is hex, or "": from the beginning. The
 * reply is {id, member as hex, record, ...}; those that stand in another set
 * come with an empty record. */
/* Whose chain the webhook's deliveries stand in: its own, or the one that all
 * journey webhooks of its project share. */
struct ulid chain_line(const struct call *call, const struct ulid *webhook);

MUST_CHECK enum err chain_ask(struct call *call, const struct ulid *webhook,
			      const char *position, redis_reply_fn *fn,
			      void *arg);
/* 64 hex digits. */
bool is_chain_member(struct slice text);

#endif
