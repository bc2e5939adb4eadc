/*
 * circuit - whether a receiver that keeps failing is asked at all. Pure: time
 * and chance are arguments.
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
 */
#ifndef ROUTER_CIRCUIT_H
#define ROUTER_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

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
};

/* What came of an attempt. */
struct circuit_result {
	bool success;
	bool probe; /* it was the one that circuit_probe() told of */
};

const char *circuit_state_text(enum circuit_state state);
/* A probe may start now. */
bool circuit_wants_probe(const struct circuit *c, uint64_t now_ms);
/* Anything at all: it is closed, or wants a probe. */
bool circuit_wants(const struct circuit *c, uint64_t now_ms);
void circuit_probe(struct circuit *c);
/* The probe was not made after all. */
void circuit_no_probe(struct circuit *c);
/* chance in [0, 1). True: the state has changed. */
bool circuit_result(struct circuit *c, const struct circuit_result *r,
		    uint64_t now_ms, double chance);

#endif
