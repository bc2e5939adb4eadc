/*
 * outcome - how a call ended, from what routers tell to what its publisher
 * gets. SPDX-License-Identifier: Apache-2.0
 *
 * Routers tell the same map twice: as msgpack on their feed, as JSON in Redis.
 */
#ifndef INGEST_OUTCOME_H
#define INGEST_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/ulid.h"

#include "request.h"

/* NULL when it is no such map, or the call has not ended. The caller decrefs.
 */
json_t *outcome_of_feed(struct slice msgpack);
json_t *outcome_of_text(struct slice json);
/* Which call's; false: it does not say. */
bool outcome_id(const json_t *outcome, struct ulid *id);
/* {"id":…,"outcome":…,"status":…,"values":…,"error":…} */
void outcome_write(struct buf *out, enum encoding encoding,
		   const struct ulid *id, const json_t *outcome);

#endif
