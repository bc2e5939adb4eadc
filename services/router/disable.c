/*
 * disable - switches webhooks off that want no more, or have failed for days.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "disable.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "own_event.h"
#include "router.h"
#include "store/config.h"
#include "store/keys.h"

struct disable_call {
	struct partition *partition; /* borrowed; outlives every command */
	uint64_t life;
	struct ulid webhook;
	const char *reason;
};

static void not_disabled(const struct ulid *webhook)
{
	char id[ID_TEXT_SIZE];

	log_warn("webhook_not_disabled", "webhook=%s",
		 ulid_format(id, "wh", webhook));
}

static void tell_disabled(const struct disable_call *call)
{
	struct partition *p = call->partition;
	const struct webhook *w =
	    config_webhook(p->router->config, &call->webhook);
	char id[ID_TEXT_SIZE];

	log_info("webhook_disabled", "webhook=%s reason=%s",
		 ulid_format(id, "wh", &call->webhook), call->reason);
	if (call->life != p->life || !w)
		return;
	ops_not_since(&p->pending, call->webhook.b, SINCE_FAILING);
	own_event_disabled(p, w, call->reason);
	router_arm_flush(p->router);
}

/* Of several failures that disable it only one hears that it has done so. */
static void on_disabled(void *arg, enum err e, const struct reply *reply)
{
	struct disable_call *call = arg;

	if (e != ERR_OK)
		not_disabled(&call->webhook);
	else if (reply_int(reply) == 1)
		tell_disabled(call);
	free(call);
}

void disable_webhook(struct partition *p, struct lane *lane, const char *reason)
{
	char id[ID_TEXT_SIZE];
	struct slice keys[2] = {SLICE_LIT(KEY_CFG_DISABLED),
				SLICE_LIT(KEY_CFG_VERSION)};
	struct slice argv[3];
	struct disable_call *call;

	/* Deleted or switched off meanwhile. */
	if (!lane_is_live(lane))
		return;
	call = xcalloc(1, sizeof(*call));
	*call = (struct disable_call){p, p->life, lane->id, reason};
	/* Enabled again, it begins anew. */
	lane->failing.state = FAILING_NOT;
	argv[0] = slice_of(ulid_format(id, "wh", &lane->id));
	argv[1] = slice_of(reason);
	argv[2] = SLICE_LIT(CHANNEL_CFG);
	if (redis_script(p->router->redis, SCRIPT_DISABLE, keys, 2, argv, 3,
			 on_disabled, call) == ERR_OK)
		return;
	free(call);
	not_disabled(&lane->id);
}

void disable_look(struct partition *p, struct lane *lane)
{
	uint64_t after_s = (uint64_t)p->router->conf.disable_after_s;
	const struct lane_stats *s = &lane->stats;

	if (after_s == 0 || !lane_is_live(lane))
		return;
	switch (failing_look(&lane->failing, s->delivered, s->failed, wall_ms(),
			     after_s * 1000)) {
	case FAILING_NOTHING:
		break;
	case FAILING_NOTE:
		ops_since(&p->pending, lane->id.b, SINCE_FAILING, wall_ms());
		break;
	case FAILING_CLEAR:
		ops_not_since(&p->pending, lane->id.b, SINCE_FAILING);
		break;
	case FAILING_OVER:
		disable_webhook(p, lane, "failing");
		break;
	}
}

void disable_forget(struct partition *p, struct lane *lane)
{
	lane->failing.state = FAILING_NOT;
	ops_not_since(&p->pending, lane->id.b, SINCE_FAILING);
	router_arm_flush(p->router);
}
