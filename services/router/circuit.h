/*
 * circuit - whether a receiver that keeps failing, or for which there is no
 * access token, is asked at all. Pure: time and chance are arguments.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   CLOSED ──repeated failures──▶ OPEN ──probe starts──▶ HALF_OPEN
 *      ▲                           ▲  └───────────┐          │
 *      └────────── a success ──────┼──────────────┴──────────┤
 *                                  └──── the probe fails ────┘
 *
 * Open, deliveries go straight to the schedule, and one probe at a time is
 * made, at growing intervals. Any success closes it, also one that was under
 * way; a failure opens it again only if it is the probe's.
 *
 * Without an access token it is held: open, whatever it was, and probed at
 * intervals of their own. Only the probe's result ends that, whatever it is but
 * for "still no token": what was under way before says nothing of tokens. Then
 * failures count as if it had not been held.
 */
#ifndef ROUTER_CIRCUIT_H
#define ROUTER_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "store/oauth_error.h"

/* Failures in a row that open it. */
#define CIRCUIT_FAILURES 16
#define CIRCUIT_INTERVAL_MS 1000
#define CIRCUIT_INTERVAL_MAX_MS 60000

#define CIRCUIT_STATES(S)                                  \
	S(CLOSED, "closed")	 /* all goes */            \
	S(OPEN, "open")		 /* nothing but a probe */ \
	S(HALF_OPEN, "halfOpen") /* the probe is under way */

enum circuit_state {
#define S(name, text) CIRCUIT_##name,
	CIRCUIT_STATES(S)
#undef S
};

struct circuit {
	enum circuit_state state;
	uint32_t failures;		/* in a row */
	uint32_t failing;		/* share of the recent ones, of 65536 */
	uint64_t interval_ms, probe_ms; /* monotonic: not before */
	/* Why it is held; empty: it is not. */
	char no_token[OAUTH_ERROR_SIZE];
	/* There may be a token now: what comes of a probe that is under way
	 * says nothing of how long to wait. */
	bool hurried;
};

enum circuit_end { CIRCUIT_FAILURE, CIRCUIT_SUCCESS, CIRCUIT_NO_TOKEN };

/* What came of an attempt. */
struct circuit_result {
	enum circuit_end end;
	bool probe; /* it was the one that circuit_probe() told of */
	/* CIRCUIT_NO_TOKEN: */
	struct slice error;
	uint64_t after_ms; /* there will be none before */
};

const char *circuit_state_text(enum circuit_state state);
/* A probe may start now. */
bool circuit_wants_probe(const struct circuit *c, uint64_t now_ms);
/* Anything at all: it is closed, or wants a probe. */
bool circuit_wants(const struct circuit *c, uint64_t now_ms);
/* There is no access token. */
bool circuit_is_held(const struct circuit *c);
/* It is open, or would be with a token, because of failures. */
bool circuit_is_failing(const struct circuit *c);
void circuit_probe(struct circuit *c);
/* The probe was not made after all. */
void circuit_no_probe(struct circuit *c);
/* chance in [0, 1). True: the state has changed. */
bool circuit_result(struct circuit *c, const struct circuit_result *r,
		    uint64_t now_ms, double chance);
/* There may be a token now: if it is held, the next probe is due. */
void circuit_hurry(struct circuit *c, uint64_t now_ms);
/* Another token is needed than the one that it is held for, if it is. True: it
 * was. */
bool circuit_release(struct circuit *c, uint64_t now_ms);

#endif
