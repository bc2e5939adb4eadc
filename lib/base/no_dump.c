/*
 * no_dump - core dumps are switched off.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/no_dump.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void forbid_dumps(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	/* A program that takes core dumps would not care for the limit. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
