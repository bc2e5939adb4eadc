/*
 * desk - from asks to answers: what is held is given out, what is not is
 * fetched, once for everyone who waits.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   IDLE ──somebody needs one──▶ CLAIMING ──the lock is ours──▶ FETCHING
 *    ▲                               │                             │
 *    │◀── another has it, Redis is ──┘                             ▼
 *    │    away: again a little later                            STORING
 *    └──────────── Redis has it, or another was faster ────────────┘
 *
 * A token is given out as soon as it is there, also before Redis has it.
 */
#ifndef TOKENS_DESK_H
#define TOKENS_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch.h"
#include "gauges.h"
#include "ledger.h"
#include "proto/message.h"
#include "store/config.h"
#include "store/registry.h"

struct desk;

struct desk_options {
	struct gauges *gauges;	   /* borrowed */
	const uint8_t *master_key; /* borrowed for ever */
	const char *instance;	   /* the same */
	size_t running_max;	   /* requests at a time */
	uint64_t default_lifetime_s, idle_ms;
	/* Sends a frame to whoever asked; it may get lost. */
	void (*send)(void *arg, struct slice identity, struct slice frame);
	/* It knows all that Redis has of grants; after every connect. */
	void (*on_loaded)(void *arg);
	void *arg;
};

/* What it works with; all borrowed. */
struct desk_tools {
	struct config *config;
	struct registry *registry;
	struct ledger *ledger;
	struct fetches *fetches;
};

struct desk *desk_new(const struct desk_options *options);
void desk_free(struct desk **d);
/* Before anything else is asked of it. */
void desk_equip(struct desk *d, const struct desk_tools *tools);

void desk_ask(struct desk *d, struct slice identity,
	      const struct msg_token_ask *m);
/* A credential is another one now, or gone; id as text. */
void desk_look(struct desk *d, struct slice id);
/* All of the configuration, and all that Redis has of grants, has been read:
 * what belongs to no credential goes. */
void desk_sweep(struct desk *d);
/* To be called a few times a second. */
void desk_tick(struct desk *d);
/* No more requests to token servers. */
void desk_drain(struct desk *d);
/* Nothing is under way. */
bool desk_is_idle(const struct desk *d);
size_t desk_held(const struct desk *d);

/* What its tools have to tell; arg is the desk. */
void desk_on_grant(void *arg, const struct ulid *credential, uint64_t serial,
		   struct slice frame);
void desk_on_loading(void *arg);
void desk_on_loaded(void *arg);
void desk_on_claimed(void *arg, const struct ulid *credential,
		     enum ledger_claim claim, uint64_t busy_ms);
void desk_on_stored(void *arg, const struct ulid *credential, enum err e,
		    uint64_t serial);
void desk_on_fetched(void *arg, const struct ulid *credential,
		     const struct fetch_result *result);

#endif
