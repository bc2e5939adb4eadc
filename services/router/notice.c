/*
 * notice - learns of backlogs that others have filled.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The console puts replayed deliveries into a webhook's backlog in Redis; a
 * router knows only of what it has spilled itself. Asked again and again, so an
 * answer that is lost or older than a claim costs a moment and no more.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "router.h"
#include "store/keys.h"

/* Drawn by lot where there are more: so every one has its turn. */
#define WEBHOOKS_ASKED 1000

struct notice_call {
	struct partition *partition; /* borrowed; outlives every command */
	uint64_t life;
};

static void has_backlog(struct lane *lane)
{
	lane->backlog = true;
}

void notice_webhooks(struct partition *p, const struct reply *webhooks)
{
	partition_each_lane(p, webhooks, has_backlog);
}

static void on_backlogs(void *arg, enum err e, const struct reply *reply)
{
	struct notice_call *call = arg;
	struct partition *p = call->partition;

	if (call->life == p->life) {
		p->noticing = false;
		if (e == ERR_OK && p->state == PARTITION_HELD) {
			notice_webhooks(p, reply);
			claim_backlogs(p);
		}
	}
	free(call);
}

void notice_backlogs(struct partition *p)
{
	struct notice_call *call;
	char key[KEY_SIZE];
	struct slice backlogs;

	if (p->noticing || p->state != PARTITION_HELD)
		return;
	call = xcalloc(1, sizeof(*call));
	call->partition = p;
	call->life = p->life;
	backlogs = partition_key(p, key, "backlogs");
	p->noticing = redis_commandf(p->router->redis, on_backlogs, call,
				     "SRANDMEMBER %b %d", backlogs.p,
				     backlogs.n, WEBHOOKS_ASKED) == ERR_OK;
	if (!p->noticing)
		free(call);
}
