/*
 * window - how many requests of a lane may be under way. Pure: time is an
 * argument.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The webhook's limits.concurrency is the ceiling, and where a lane begins. The
 * law is a gradient of latencies with additive increase and multiplicative
 * decrease (docs/decisions/0012-window.md):
 *
 *   - the recent latency is more than twice the usual one: the receiver queues;
 *     the window shrinks by their ratio, at most by half;
 *   - an eighth or more were time-outs, broken connections, 429 or 503: by
 * half;
 *   - nothing has come back for long: by half;
 *   - else, when it is used: one more. After a circuit has closed it begins
 *     with one and doubles until something of the above happens.
 *
 * All of it once in a round, which is as many results as the window has room
 * for, and at least a round trip: what was sent before a change says nothing of
 * it. The usual latency follows the recent one slowly, so a receiver that is
 * slow for good keeps what it can do.
 */
#ifndef ROUTER_WINDOW_H
#define ROUTER_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct window {
	uint32_t size; /* 0: as large as the ceiling */
	bool doubling;
	/* Of the round under way: */
	uint32_t results, overloads, in_flight_max;
	double usual_us, recent_us; /* latencies; 0: none yet */
	uint64_t changed_us;	    /* when the round began */
	uint64_t heard_us;	    /* the last result or change; 0: none yet */
};

/* Requests that may be under way; at least 1. */
uint32_t window_size(const struct window *w, uint32_t ceiling);
/* A result, after so long; overload: see above; in_flight: with this one. */
void window_result(struct window *w, uint32_t ceiling, bool overload,
		   uint64_t latency_us, uint32_t in_flight, uint64_t now_us);
/* Now and then, while requests are under way. */
void window_silence(struct window *w, uint32_t ceiling, uint32_t in_flight,
		    uint64_t now_us);
/* Begins anew, with one. */
void window_restart(struct window *w, uint64_t now_us);

#endif
