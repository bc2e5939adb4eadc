/*
 * message - the codec, expanded from messages.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A decoded record is a view of its frame: it owns nothing and dies with it.
 */
#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "proto/messages.h"

enum msg_type {
#define M(number, name, fields) MSG_##name = number,
	MESSAGES(M)
#undef M
};

enum outcome {
#define O(number, name, text) OUTCOME_##name = number,
	OUTCOMES(O)
#undef O
};

enum tile {
#define T(number, name) TILE_##name = number,
	TILES(T)
#undef T
};

#define MSG_FIELD_U64(name) uint64_t name;
#define MSG_FIELD_STR(name) struct slice name;
#define MSG_FIELD_BYTES(name) struct slice name;
#define MSG_FIELD(kind, name, max) MSG_FIELD_##kind(name)
#define MSG_STRUCT(number, type, fields)     \
	struct msg_##type {                  \
		fields(MSG_FIELD, MSG_FIELD) \
	};
MSG_STRUCT(0, head, HEAD_FIELDS)
MESSAGES(MSG_STRUCT)
#undef MSG_STRUCT
#undef MSG_FIELD

/* Appends one record. Fields over their maximum are our bug: must(). */
void msg_encode_head(struct buf *out, const struct msg_head *m);
/* One of these for each message of the table:
 *   void msg_encode_task(struct buf *out, const struct msg_task *m);
 *   enum err msg_decode_task(struct slice *in, struct msg_task *m);
 * decode takes one record off the front of *in. ERR_MALFORMED: not such a
 * record; *in is then undefined. An absent optional field is zero. */
#define M(number, type, fields)                                              \
	void msg_encode_##type(struct buf *out, const struct msg_##type *m); \
	MUST_CHECK enum err msg_decode_##type(struct slice *in,              \
					      struct msg_##type *m);
MESSAGES(M)
#undef M

/* Takes the head off the front of *in. ERR_VERSION: another major (head is
 * filled in all the same); ERR_MALFORMED: no head, or count over count_max. */
MUST_CHECK enum err msg_decode_head(struct slice *in, struct msg_head *m,
				    uint64_t count_max);
/* A head with our version. */
struct msg_head msg_head(enum msg_type type, uint64_t count);
/* Starts a frame whose count is not yet known and later sets it: the count is
 * encoded in a fixed width, so that records can be appended in between. Returns
 * the offset to hand to msg_frame_finish. */
size_t msg_frame_start(struct buf *out, enum msg_type type, uint64_t partition,
		       uint64_t seq);
void msg_frame_finish(struct buf *out, size_t offset, uint64_t count);

const char *msg_name(uint64_t type);  /* "task"; "?" if unknown */
const char *tile_name(uint64_t tile); /* "liveData"; "none" if unknown */
/* Of the tiles that call: an exit is none. */
bool tile_find(struct slice name, enum tile *out);
/* [a-z0-9][a-z0-9_-]{0,63} */
bool is_project_id(struct slice s);
const char *outcome_name(uint64_t outcome); /* "delivered"; "?" if unknown */

#endif
