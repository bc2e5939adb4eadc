/*
 * ops - what the next flush of a partition will write: the arguments of
 * settle.lua. SPDX-License-Identifier: Apache-2.0
 *
 * Two of them take turns: one gathers, one is with Redis until it has answered.
 * Knows the script's argument list and nothing else.
 */
#ifndef ROUTER_OPS_H
#define ROUTER_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/message.h"

struct ops_arg {
	size_t at, n;
};

struct ops {
	struct buf bytes;     /* the arguments' bytes, one behind the other */
	struct ops_arg *args; /* owned */
	size_t n_args, size_args;
	struct buf attempts; /* a frame of attempt records */
	size_t attempts_at;
	uint64_t n_attempts;
};

enum ops_place {
	OPS_DUE = 'd',
	OPS_HELD = 'h',
	OPS_BACKLOG = 'b',
	OPS_CHAIN = 'c', /* behind others of its key: only in the chain */
	OPS_DEAD = 'k'
};

void ops_init(struct ops *o);
void ops_fini(struct ops *o);
void ops_reset(struct ops *o);
bool ops_empty(const struct ops *o);
/* Bytes gathered: the caller stops producing when there are too many. */
size_t ops_bytes(const struct ops *o);

void ops_drop_entry(struct ops *o, uint64_t seq);
/* The same, but its events are kept. */
void ops_keep_entry(struct ops *o, uint64_t seq);
void ops_mark(struct ops *o, uint64_t seq, struct slice frame);
/* event_frame is empty when the record, and so the event, is in Redis already,
 * and when an earlier record of the same flush has brought it. */
struct ops_record {
	enum ops_place place;
	uint64_t score;
	const uint8_t *id, *event, *webhook; /* 16 bytes each */
	struct slice record, event_frame;
};
void ops_record(struct ops *o, const struct ops_record *r);
void ops_finish(struct ops *o, const uint8_t id[16], const uint8_t event[16]);
/* Deliveries that go together, 16 bytes each, under the first one's id; and
 * whoever was listed under that id goes by itself again. */
void ops_parcel(struct ops *o, struct slice ids);
void ops_unparcel(struct ops *o, const uint8_t key[16]);
/* One of a key's chain, 32 bytes; see order.h. */
struct ops_link {
	const uint8_t *webhook;
	struct slice member;
	uint64_t now_ms; /* wall clock */
};
/* behind: unless it is the first of its key after all, which is due then. */
void ops_chain(struct ops *o, const struct ops_link *l, bool behind);
/* It has ended; count: how many of those behind are due now. */
void ops_unchain(struct ops *o, const struct ops_link *l, uint64_t count);
void ops_stat(struct ops *o, const uint8_t webhook[16], const char *field,
	      uint64_t n);
/* A figure that is set, not counted. */
void ops_tell(struct ops *o, const uint8_t webhook[16], const char *field,
	      struct slice value);
/* It went straight to the schedule; and as many of those come back. */
void ops_put_off(struct ops *o, const uint8_t webhook[16], const uint8_t id[16],
		 uint64_t wall_ms);
void ops_bring_back(struct ops *o, const uint8_t webhook[16], uint64_t count,
		    uint64_t wall_ms);
/* It only fails, or has no access token, since now or for longer: the answer
 * says since when. And no more. */
#define SINCE_FAILING "failingSince"
#define SINCE_HELD "heldSince"
void ops_since(struct ops *o, const uint8_t webhook[16], const char *field,
	       uint64_t wall_ms);
void ops_not_since(struct ops *o, const uint8_t webhook[16], const char *field);
/* A new entry for the log, which the answer gives the number of. */
void ops_append(struct ops *o, struct slice frame);
/* The newest, and none that died before. */
void ops_keep_dead(struct ops *o, const uint8_t webhook[16], uint64_t keep,
		   uint64_t before_ms);
/* Of one of the partition's streams about the newest entries; each 0: no
 * bound. */
void ops_trim(struct ops *o, const char *stream, uint64_t before_ms,
	      uint64_t entries);
void ops_remove(struct ops *o, const char *stream);
/* A key behind the partition's prefix, in two parts. */
struct ops_key {
	const char *kind; /* "profile", ... */
	struct slice project, name;
};
/* A field of a user's profile, unless a later call has set it. ttl_s 0: for
 * ever. */
void ops_profile(struct ops *o, const struct ops_key *key, uint64_t ttl_s,
		 uint64_t call_ms, struct slice field, struct slice json);
void ops_live_data(struct ops *o, const struct ops_key *key, uint64_t ttl_s,
		   struct slice name, struct slice json);
/* All that is kept for a path. */
void ops_discard(struct ops *o, const struct ops_key *key);
/* How a call has ended. */
void ops_call(struct ops *o, const char *event, uint64_t ttl_s,
	      struct slice json);
void ops_attempt(struct ops *o, const struct msg_attempt *a);

/* The script's argument list; valid until the next change. The array is
 * malloc'd for the caller to free. */
struct slice *ops_arguments(struct ops *o, struct slice epoch,
			    struct slice number, struct slice prefix,
			    struct slice count, struct slice keep, size_t *n);

#endif
