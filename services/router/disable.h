/*
 * disable - switches webhooks off that want no more, or have failed for days.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ROUTER_DISABLE_H
#define ROUTER_DISABLE_H

struct lane;
struct partition;

/* reason: a literal, the webhook's disabledReason. */
void disable_webhook(struct partition *p, struct lane *lane,
		     const char *reason);
/* What has come to its lane, before its statistics are written. */
void disable_look(struct partition *p, struct lane *lane);
/* What it did before does not count any more. */
void disable_forget(struct partition *p, struct lane *lane);

#endif
