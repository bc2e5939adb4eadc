/*
 * up - the supervisor: an embedded Redis and one of each service.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_UP_H
#define CLI_UP_H

#include <stdint.h>

#include "up_env.h"

struct up_options {
	const char *dir;
	const char *appendfsync;
	const char *redis_url; /* NULL: the embedded one */
	int64_t senders;
	uint64_t drain_ms;
	struct up_env *env; /* borrowed; completed by up_run */
};

/* Runs until it is told to stop. An exit code. */
int up_run(const struct up_options *options);

#endif
