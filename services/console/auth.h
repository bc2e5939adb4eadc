/*
 * auth - who is calling?
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_AUTH_H
#define CONSOLE_AUTH_H

#include <stdbool.h>

#include "base/slice.h"
#include "store/config.h"

struct caller {
	bool admin;
	const char *project; /* of a project key; borrowed from the mirror */
};

/* authorization: the header's value or NULL; admin_key: NULL if there is none.
 */
bool auth_check(const struct config *config, const char *admin_key,
		const char *authorization, struct caller *caller);

#endif
