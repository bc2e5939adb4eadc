/*
 * catalogue - the system events that Postrider knows by name.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What event_types.json says, compiled in and read once at start. Other names
 * may be published too; nothing here stands in their way.
 */
#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H

#include <jansson.h>
#include <stddef.h>

#include "base/slice.h"

struct catalogue;

struct catalogue *catalogue_new(void);
void catalogue_free(struct catalogue **c);

size_t catalogue_count(const struct catalogue *c);
/* {"name", "channel", "trigger", "basis", "note" or null, "dataFields": {name:
 * type}, "sample"}; borrowed, not to be changed. Number i of the order in which
 * they are shown. */
json_t *catalogue_at(const struct catalogue *c, size_t i);
/* The same by name; NULL when it is not in the catalogue. */
json_t *catalogue_find(const struct catalogue *c, struct slice name);
/* A message as a publisher sends it, without project, with made-up values; NULL
 * when the name is not in the catalogue. New. */
json_t *catalogue_sample(const struct catalogue *c, struct slice name);

#endif
