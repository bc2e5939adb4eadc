/*
 * view - records of Redis as JSON, and what of a log entry is settled.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include <jansson.h>
#include <stdbool.h>

#include "base/slice.h"
#include "base/ulid.h"
#include "proto/message.h"
#include "store/config.h"

/* A delivery without its attempts. due_ms: of the next try, 0: none. New. */
json_t *view_delivery(const struct ulid *id, const char *status,
		      const struct msg_delivery *record, uint64_t due_ms);
/* One that has no record yet. */
json_t *view_queued(const struct ulid *id, const struct msg_event *event,
		    const struct webhook *webhook);
/* One that ended with this attempt. */
json_t *view_ended(const char *status, const struct msg_attempt *attempt);
json_t *view_attempt(const struct msg_attempt *attempt);
/* An event with its body's dataFields. */
json_t *view_event(const struct msg_event *event);

/* Of an event; null: a journey's call or exit has none. */
json_t *json_name(struct slice name);
json_t *json_id(const char *prefix, struct slice id16);

/* The one record of a frame. */
bool frame_delivery(struct slice frame, struct msg_delivery *out);
bool frame_event(struct slice frame, struct msg_event *out);
bool frame_mark(struct slice frame, struct msg_mark *out);
bool frame_grant(struct slice frame, struct msg_grant *out);
/* Opens a frame of several: *in is then at its first record. */
bool frame_open(struct slice *in, enum msg_type type, uint64_t *count);

/* event is the number of the event in its entry. */
bool mark_has_event(const struct msg_mark *mark, uint64_t event);
bool mark_has_delivery(const struct msg_mark *mark, const struct ulid *id);

#endif
