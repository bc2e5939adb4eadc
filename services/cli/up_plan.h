/*
 * up_plan - what `up` is to start: binaries, addresses, environments.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_UP_PLAN_H
#define CLI_UP_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "up.h"
#include "up_env.h"
#include "up_files.h"

#define UP_SERVICES_MAX 80

struct up_service {
	char *name;    /* "sender-1" */
	char *program; /* path */
	char *admin;   /* "127.0.0.1:9184", to ask for its health */
	int wave;      /* the order of stopping */
	struct up_env *env;
};

struct up_plan {
	char *redis_program; /* NULL: none is to be started */
	char *redis_socket;
	struct up_service services[UP_SERVICES_MAX];
	size_t n_services;
	char *console_url, *publish_endpoint;
};

/* The services that `up` starts, by number; NULL behind the last. */
const char *up_service_name(size_t i);
/* The setting that holds a service's admin address, and its default. False:
 * there is no such service. */
bool up_service_admin(const char *name, const char **variable,
		      const char **fallback);

/* Looks for the programs, takes the addresses for a moment and completes
 * options->env. False: error filled in; finish the plan in any case. */
bool up_plan_make(struct up_plan *plan, const struct up_options *options,
		  struct up_files *files, char *error, size_t error_size);
void up_plan_fini(struct up_plan *plan);

#endif
