/*
 * sender - takes tasks from routers, makes HTTP attempts, sends results back.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SENDER_SENDER_H
#define SENDER_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/service.h"

/* Bound to the table of settings in main.c. */
struct sender_conf {
	char *admin_bind;
	char *ca_file; /* NULL: libcurl's roots only */
	int64_t max_in_flight;
	int64_t body_bytes_max; /* of waiting tasks */
	int64_t token_wait_ms;
};

struct sender_state;

struct sender {
	struct sender_conf conf;
	struct sender_state *state; /* from start to stop */
};

bool sender_start(struct service_run *run, void *sender, char *error,
		  size_t error_size);
void sender_drain(struct service_run *run, void *sender);
void sender_stop(struct service_run *run, void *sender);

#endif
