/*
 * pace - how fast and whether a lane may go: its rate, circuit and window.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: time is an argument, in µs of the monotonic clock. Knows neither lanes
 * nor Redis.
 */
#ifndef ROUTER_PACE_H
#define ROUTER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "circuit.h"
#include "proto/message.h"
#include "rate.h"
#include "window.h"

/* The longest that one answer's Retry-After holds up a whole lane. */
#define PAUSE_MAX_US 60000000u

struct webhook;

/* What came of an attempt, and when it was told. */
struct pace_result {
	const struct msg_result *result;
	bool probe;
	uint32_t in_flight; /* with this one */
	uint64_t now_us;
	double chance; /* in [0, 1) */
};

struct pace {
	struct rate rate;
	struct circuit circuit;
	struct window window;
	uint64_t pause_us;  /* nothing starts before; 0: no pause */
	uint64_t second_us; /* of the last pace_tick() */
};

/* What may be done with the next delivery of a lane. */
enum pace_go {
	PACE_GO,    /* hand it out */
	PACE_PROBE, /* hand it out, as the circuit's probe */
	PACE_SKIP,  /* straight to Redis: the circuit is open */
	PACE_WAIT,  /* for a result, or for the next probe */
};

/* Until the lane may do something; 0: now. The window is lane_is_ready()'s. */
uint64_t pace_wait_us(const struct pace *p, const struct webhook *w,
		      uint64_t now_us);
/* After so many tries, and with so many under way. The last attempt of a
 * schedule is not left out, unless there is no room for it or no token. */
enum pace_go pace_next(const struct pace *p, const struct webhook *w,
		       uint32_t tries, uint32_t in_flight, uint64_t now_us);
/* A request starts. */
void pace_start(struct pace *p, const struct webhook *w, enum pace_go go,
		uint64_t now_us);
/* The probe was not made after all. */
void pace_no_probe(struct pace *p);
/* True: the circuit has changed. */
bool pace_result(struct pace *p, const struct webhook *w,
		 const struct pace_result *r);
/* Now and then. True: once a second. */
bool pace_tick(struct pace *p, const struct webhook *w, uint32_t in_flight,
	       uint64_t now_us);

#endif
