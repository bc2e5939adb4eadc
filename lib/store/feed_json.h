/*
 * feed_json - a message of the routers' feeds as JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STORE_FEED_JSON_H
#define STORE_FEED_JSON_H

#include <jansson.h>

#include "base/slice.h"

/* New; NULL: it is malformed, nested too deeply, or holds what JSON has not. */
json_t *feed_json(struct slice msgpack);

#endif
