/*
 * keys - the name of every key in Redis, and who writes it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All keys of a partition share the hash tag {p<N>}, so that one script may
 * touch them together on a cluster; configuration shares {cfg}, presence {run}.
 */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/ulid.h"

#define KEY_SIZE 1280 /* a user's id may have 1 KiB */

/*
 * What a partition has: suffix, type, what it holds, (who writes it).
 *
 * - log: stream, <seq>-0 → b: frame of events; entries not yet settled
 *   (ingest appends, router deletes and appends its own)
 * - seq: string, number of the newest log entry (ingest; router: own events)
 * - in:<inst>: string with TTL, "<boot> <batch> <seq>" of an ingest's last
 * append: a repeat of it is answered, not done (ingest)
 * - idem:<project>:<id>: string with TTL, idempotency key → event id, 16 bytes
 *   (ingest)
 * - lease: string with TTL, instance (router)
 * - epoch: string, the newest fence: "<epoch> <word>" (router)
 * - flush: string, "<fence> <n>": the last flush done; a repeat is not (router)
 * - claim: string, "<fence> <n>": the last claim that found something (router)
 * - mark: hash, seq → frame of one mark (router)
 * - delivery: hash, delivery id, 16 bytes → frame of one delivery (router;
 * console: retry, replay, cancel, purge)
 * - event: hash, event id, 16 bytes → frame of one event, while deliveries
 *   refer to it (router)
 * - ref: hash, event id → number of those deliveries, when not one (router)
 * - due: zset, delivery id by due time in ms (router; console: retry,
 *   cancel)
 * - held: zset, delivery id: a router has it in memory (router)
 * - backlog:<wh>: zset, delivery id by time: overflow of a lane (router), and
 *   what was replayed, BACKLOG_BEHIND_MS later (console)
 * - backlogs: set, webhook ids (text) that have a backlog (router; console)
 * - parcel: hash, delivery id → ids of those that go in one request, in their
 * order, 16 bytes each, under the first; under each other the first's (router;
 * console: cancel)
 * - chain:<wh>: zset of equal scores, so sorted by its members: of each
 * delivery that has a record and an ordering key the key's hash (8 bytes), the
 * place in the log (8) and the id; the first of a key is due, held or in the
 * backlog, the others follow it (router)
 * - chains: set, webhook ids (text) that have a chain (router)
 * - putoff:<wh>: zset, delivery id by time: of those in due, what went there
 *   without an attempt, and some that have been tried since (router)
 * - putoffs: set, webhook ids (text) that have one (router)
 * - dead:<wh>: zset, delivery id by time of death (router; console: replay,
 *   cancel, purge)
 * - purge: zset, webhook id (text) by the time of its deletion in ms: what it
 *   leaves is removed, for a while again and again (console)
 * - attempts: stream, a: frame of attempts, n: how many (router; console: of
 *   what it cancels)
 * - events: stream, b: frame of events, settled and kept (router)
 * - stats:<wh>: hash, counters, the latency histogram, failingSince and
 *   heldSince in ms, and how its lane goes (router)
 * - names:<project>: zset with TTL, event names outside the catalogue by the
 *   time of their newest event in ms; at most 1,000 (ingest; console: removed
 *   with the project)
 * - samples:<project>: hash with TTL, of those the name → JSON that a receiver
 *   got (the same)
 * - counts:<project>: hash with TTL, name → how many events, about (the same)
 * - profile:<project>:<email or userId>: hash with TTL, field → "<time of the
 *   call in ms> <JSON>": what User Profile tiles have kept (router)
 * - path:<project>:<pathId>: hash with TTL, name → JSON: what Live Data tiles
 *   have kept for this way through a journey (router)
 * - call:<event id, text>: string with TTL, JSON: how a call ended whose
 *   publisher wants to know (router)
 *
 * <wh> is the 26 characters of the webhook's id without prefix.
 */
struct slice key_partition(char out[KEY_SIZE], uint64_t partition,
			   const char *suffix);
/* "<suffix>:<26 characters>" */
struct slice key_lane(char out[KEY_SIZE], uint64_t partition,
		      const char *suffix, const uint8_t webhook[16]);
/* "<suffix>:<project>" */
struct slice key_project(char out[KEY_SIZE], uint64_t partition,
			 const char *suffix, struct slice project);
/* "<suffix>:<project>:<name>" of at most 1 KiB. */
struct slice key_owned(char out[KEY_SIZE], uint64_t partition,
		       const char *suffix, struct slice project,
		       struct slice name);
struct slice key_idem(char out[KEY_SIZE], uint64_t partition,
		      struct slice project, struct slice id);

/* Stands for a webhook where the order of a project's paths is kept. */
struct ulid path_lane_id(struct slice project);

/* Which partition a project's events are in: fixed for the installation's life.
 */
uint64_t partition_of(struct slice project, uint64_t partitions);

/* So many numbers of a log does the first write over a new connection leave
 * out: more than Redis may have lost, lest those are given to others; and each
 * time others, for two masters that have parted count on from the same one. */
uint64_t numbers_left_out(void);

/* What was replayed is taken from a backlog after all that has arrived. */
#define BACKLOG_BEHIND_MS 1000000000000000ull

/* Configuration: hashes by id of JSON documents (console). */
#define KEY_CFG_PROJECT "pr:{cfg}:project"
#define KEY_CFG_WEBHOOK "pr:{cfg}:webhook"
#define KEY_CFG_KEY "pr:{cfg}:key"
#define KEY_CFG_CREDENTIAL "pr:{cfg}:credential"
/* "<project>/<webhook's name>" → webhook id, and "credential:<project>/<name>"
 * → credential id: names are unique (console). */
#define KEY_CFG_NAME "pr:{cfg}:name"
#define CREDENTIAL_NAMES "credential:"
/* webhook id (text) → reason; written by routers, cleared by the console. */
#define KEY_CFG_DISABLED "pr:{cfg}:disabled"
/* A counter, bumped with every change, and the channel that tells "<version>
 * <kind> <id>" with kind project, webhook, key or credential. */
#define KEY_CFG_VERSION "pr:{cfg}:version"
#define CHANNEL_CFG "pr:{cfg}:changed"
/* Fixed at installation: checked by every program at start. */
#define KEY_CFG_PARTITIONS "pr:{cfg}:partitions"

/* Presence: instance → "<ms of Redis' clock> <frame of one process>". */
#define KEY_RUN_PROCESS "pr:{run}:process"
/* partition (decimal) → instance of the router that holds its lease; a hint. */
#define KEY_RUN_OWNER "pr:{run}:owner"
/* <name>: list of the newest requests; <name>:bytes: their size (console). */
#define KEY_INBOX_PREFIX "pr:{inbox}:"
/* zset of the inboxes' names by the time of their newest request (console). */
#define KEY_INBOXES "pr:{inbox}"
/* Credential id, 16 bytes → frame of one grant (tokens). */
#define KEY_TOK_GRANT "pr:{tok}:grant"
/* The same → how often it has been written (tokens). */
#define KEY_TOK_SERIAL "pr:{tok}:serial"
/* <cred_...>: string with TTL, "<instance> <boot>": who fetches its token now
 * (tokens). */
#define KEY_TOK_LOCK_PREFIX "pr:{tok}:lock:"
/* Tells the 16 bytes of a credential whose grant is another now. */
#define CHANNEL_TOK "pr:{tok}:changed"
/* What the PULL socket refused, newest first, bounded (ingest). */
#define KEY_REJECTS "pr:{run}:rejects"

#endif
