/*
 * service_conf - the settings that every program knows.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_SERVICE_CONF_H
#define IO_SERVICE_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "io/service.h"

#define SERVICE_PROGRAMS 7

struct service_conf_foreign {
	const char *list[SERVICE_PROGRAMS + 1];
};

extern const struct conf_item service_conf_items[]; /* of struct common_conf */

/* The prefixes of the other programs, whose settings may stand in the same
 * environment. */
void service_conf_foreign(struct service_conf_foreign *out, const char *name);
/* What the rows themselves cannot say. False with one line in error. */
bool service_conf_check(const struct common_conf *c, char *error,
			size_t error_size);
/* Nothing that others can reach is opened in plain text, unless the settings
 * say so. */
bool service_conf_check_binds(const struct common_conf *c,
			      const struct service *s, char *error,
			      size_t error_size);
#define SERVICE_VARIABLE_SIZE 64
/* "POSTRIDER_CURVE_KEY" of "curve_key". Returns out. */
char *service_conf_variable(char out[SERVICE_VARIABLE_SIZE], const char *name);
bool service_conf_level(const struct common_conf *c, enum log_level *level);
/* Fills in what depends on the process: its name. */
void service_conf_complete(struct common_conf *c);

#endif
