/*
 * kept_view - what journeys have kept, as JSON.
 * SPDX-License-Identifier: Apache-2.0
 *
 * From replies of HGETALL; what does not read as JSON is left out. New.
 */
#ifndef CONSOLE_KEPT_VIEW_H
#define CONSOLE_KEPT_VIEW_H

#include <jansson.h>

#include "base/slice.h"
#include "io/redis.h"

json_t *profile_view(struct slice user, const struct reply *reply);
json_t *path_view(struct slice path, const struct reply *reply);
/* Any value; NULL: it is none. */
json_t *stored_json(struct slice text);

#endif
