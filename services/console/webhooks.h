/*
 * webhooks - /v1/projects/{p}/webhooks.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_WEBHOOKS_H
#define CONSOLE_WEBHOOKS_H

#include "draft.h"

/* What drafts of the project's webhooks need to know; borrows. */
void webhook_env(const struct call *call, const char *project,
		 struct draft_env *env);

#endif
