/*
 * draft_env - what drafts need to know, from the console of a call.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_DRAFT_ENV_H
#define CONSOLE_DRAFT_ENV_H

#include "draft.h"

/* For documents of the project; borrows. */
struct draft_env draft_env_of(const struct call *call, const char *project);

#endif
