/*
 * ledger - what Redis knows of grants: read, written, and locked while a token
 * server is asked.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The lock makes it one request for a credential at a time, however many tokens
 * processes there are. Whoever is killed with a lock loses it LEDGER_LOCK_MS
 * later. Knows nothing of tokens or of what is in a grant.
 */
#ifndef TOKENS_LEDGER_H
#define TOKENS_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/slice.h"
#include "base/ulid.h"
#include "io/redis_access.h"

/* A lock is kept for so long, and held on to three times in it. */
#define LEDGER_LOCK_MS 3000
#define LEDGER_HOLD_MS 1000

enum ledger_claim {
	LEDGER_YOURS, /* the lock is ours */
	LEDGER_NEWER, /* on_grant has told a newer one: look at that */
	LEDGER_BUSY,  /* another process has the lock */
	LEDGER_AWAY,  /* Redis has not answered */
};

struct ledger;

struct ledger_options {
	const struct redis_access *redis; /* borrowed */
	const char *who; /* differs at every start; borrowed for ever */
	/* What Redis has; frame.n == 0: nothing. serial 0: not known. */
	void (*on_grant)(void *arg, const struct ulid *credential,
			 uint64_t serial, struct slice frame);
	/* All of them are about to be told, after every connect, and have been.
	 */
	void (*on_loading)(void *arg);
	void (*on_loaded)(void *arg);
	/* busy_ms: how long the other may still have the lock. */
	void (*on_claimed)(void *arg, const struct ulid *credential,
			   enum ledger_claim claim, uint64_t busy_ms);
	/* serial 0 with ERR_OK: it did not count, another has asked meanwhile.
	 */
	void (*on_stored)(void *arg, const struct ulid *credential, enum err e,
			  uint64_t serial);
	void *arg;
};

struct ledger *ledger_open(uv_loop_t *loop,
			   const struct ledger_options *options, char *error,
			   size_t error_size);
void ledger_close(struct ledger **l);

/* Answered by the callback exactly once, unless an error is returned. serial:
 * of the grant as it is known. */
MUST_CHECK enum err
ledger_claim(struct ledger *l, const struct ulid *credential, uint64_t serial);
MUST_CHECK enum err ledger_store(struct ledger *l,
				 const struct ulid *credential, uint64_t serial,
				 struct slice frame);
/* Answered by on_grant, if at all. */
void ledger_read(struct ledger *l, const struct ulid *credential);
/* Holds on to the lock, or lets it go. */
void ledger_hold(struct ledger *l, const struct ulid *credential);
void ledger_release(struct ledger *l, const struct ulid *credential);
/* The credential is gone: so is all that Redis has of it. */
void ledger_forget(struct ledger *l, const struct ulid *credential);
/* The same, if Redis knows of no such credential: a mirror that does not may be
 * a moment behind. */
void ledger_forget_orphan(struct ledger *l, const struct ulid *credential);

#endif
