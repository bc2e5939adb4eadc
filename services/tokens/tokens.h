/*
 * tokens - fetches, keeps and renews OAuth 2.0 access tokens.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TOKENS_TOKENS_H
#define TOKENS_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/service.h"

/* Bound to the table of settings in main.c. */
struct tokens_conf {
	char *bind, *admin_bind;
	char *ca_file; /* NULL: libcurl's roots only */
	int64_t timeout_ms;
	int64_t max_in_flight;
	int64_t default_lifetime_s;
	int64_t idle_s;
};

struct tokens_state;

struct tokens {
	struct tokens_conf conf;
	struct tokens_state *state; /* from start to stop */
};

bool tokens_start(struct service_run *run, void *tokens, char *error,
		  size_t error_size);
void tokens_drain(struct service_run *run, void *tokens);
void tokens_stop(struct service_run *run, void *tokens);

#endif
