/*
 * chain - deliveries that wait behind others of their ordering key.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "chain.h"

#include "base/text.h"
#include "console.h"
#include "store/config.h"
#include "store/keys.h"

#define CHUNK_TEXT "256"
#define MEMBER_DIGITS 64

struct ulid chain_line(const struct call *call, const struct ulid *webhook)
{
	const struct webhook *w =
	    config_webhook(call->console->config, webhook);

	return w && w->is_journey ? path_lane_id(slice_of(w->project))
				  : *webhook;
}

enum err chain_ask(struct call *call, const struct ulid *webhook,
		   const char *position, redis_reply_fn *fn, void *arg)
{
	const struct ulid line = chain_line(call, webhook);
	uint64_t p = call_partition(call);
	char chain[KEY_SIZE], delivery[KEY_SIZE], due[KEY_SIZE], held[KEY_SIZE];
	char backlog[KEY_SIZE];
	const struct slice keys[] = {
	    key_lane(chain, p, "chain", line.b),
	    key_partition(delivery, p, "delivery"),
	    key_partition(due, p, "due"),
	    key_partition(held, p, "held"),
	    key_lane(backlog, p, "backlog", webhook->b),
	};
	const struct slice argv[] = {slice_of(position), SLICE_LIT(CHUNK_TEXT)};

	return redis_script(call->console->redis, SCRIPT_LIST_CHAIN, keys, 5,
			    argv, 2, fn, arg);
}

bool is_chain_member(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (hex_value(text.p[i]) < 0)
			return false;
	return text.n == MEMBER_DIGITS;
}
