/*
 * config_names - which webhook has a name in a project.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Borrows the webhooks: whoever frees one takes it out first.
 */
#ifndef STORE_CONFIG_NAMES_H
#define STORE_CONFIG_NAMES_H

#include "base/slice.h"
#include "store/config.h"

struct config_names;

struct config_names *config_names_new(void);
void config_names_free(struct config_names **n);
/* Takes the place of another one of that name. */
void config_names_add(struct config_names *n, struct webhook *w);
/* Nothing happens when the name is another one's, or w is NULL. */
void config_names_remove(struct config_names *n, const struct webhook *w);
struct webhook *config_names_find(const struct config_names *n,
				  struct slice project, struct slice name);

#endif
