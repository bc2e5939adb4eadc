/*
 * schedule - when tokens are renewed, and how soon a token server is asked
 * again. Pure: time and chance (in [0, 1)) are arguments.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TOKENS_SCHEDULE_H
#define TOKENS_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* Of a token's life, in thousandths: what is fetched in one second is not
 * renewed in one. */
#define RENEW_FROM 700
#define RENEW_TO 850
/* So long before its end it is used no more, or a tenth of its life. */
#define MARGIN_MS 10000

#define BACKOFF_TEMPORARY_MS 1000
#define BACKOFF_TEMPORARY_MAX_MS 60000
/* It will not go by itself: somebody has to mend something. */
#define BACKOFF_PERMANENT_MS 5000
#define BACKOFF_PERMANENT_MAX_MS 300000

/* Tokens that receivers have refused are fetched anew so often: a few at once,
 * then one in each interval. */
#define REFUSALS_BURST 3
#define REFUSALS_INTERVAL_MS 30000

/* The clocks of two processes that share a record; what is noted further in the
 * future is of a clock that has been set back since. */
#define CLOCKS_APART_MS_MAX 600000

uint64_t schedule_renew_ms(uint64_t fetched_ms, uint64_t lifetime_s,
			   double chance);
uint64_t schedule_use_until_ms(uint64_t fetched_ms, uint64_t expires_ms);

/* After so many failures in a row, at least 1. retry_after_ms: what the server
 * asked for; 0: nothing. */
uint64_t schedule_backoff_ms(uint64_t failures, bool temporary,
			     uint64_t retry_after_ms, double chance);

/* The generic cell rate algorithm in one number, a wall clock time that starts
 * at 0. True: one more is allowed, and noted. */
bool schedule_refusal(uint64_t *refused_ms, uint64_t wall_ms);
/* How long until the next one is; 0: now. */
uint64_t schedule_refusal_ms(uint64_t refused_ms, uint64_t wall_ms);

#endif
