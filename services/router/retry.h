/*
 * retry - what follows an attempt. Pure: time and chance are arguments.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ROUTER_RETRY_H
#define ROUTER_RETRY_H

#include <stdint.h>

#include "proto/message.h"

struct webhook;

#define RETRY_AFTER_MAX_MS (24ull * 3600 * 1000)
#define RETRY_HELD_MS 5000
#define RETRY_HELD_MAX_MS 600000

enum verdict {
	VERDICT_DELIVERED,
	VERDICT_RETRY, /* at next_ms */
	VERDICT_DEAD,
	VERDICT_REQUEUE, /* no attempt was made: back to the queue */
};

struct retry_input {
	const struct webhook *webhook;
	enum outcome outcome;
	uint32_t tries;		 /* attempts made, this one included */
	uint64_t retry_after_ms; /* what the receiver asked for; 0: nothing */
	uint64_t wall_ms;
	uint64_t expires_ms; /* wall clock; 0: never */
	double chance;	     /* uniform in [0, 1), for the jitter */
};

/* *next_ms (wall clock) is set for VERDICT_RETRY. A try that could come only
 * after the event's expiry is set to the expiry, where it will be found
 * expired. */
enum verdict retry_decide(const struct retry_input *in, uint64_t *next_ms);

/* When the next step of the schedule is due after so many tries, the last of
 * them then; without jitter, and 0 when it is at once. */
uint64_t retry_step_ms(const struct webhook *w, uint32_t tries,
		       uint64_t last_ms);
/* How long what waits for an access token lies before it is looked at again,
 * where there has been none for so long. It comes back as soon as there is one;
 * this is for when the router that knows of it is gone. */
uint64_t retry_held_ms(uint64_t held_ms, double chance);

#endif
