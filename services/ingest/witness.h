/*
 * witness - waits until the replicas of Redis have what was written.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One WAIT for all that a turn of the loop has asked, sent behind it over the
 * same connection. What is asked belongs to a round; a WAIT ends the round, and
 * its answer is good for this round and all before it.
 */
#ifndef INGEST_WITNESS_H
#define INGEST_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "io/metrics.h"
#include "io/redis.h"

struct witness;

struct witness_options {
	struct redis *redis; /* borrowed */
	uint64_t replicas;
	struct metrics *metrics;
	/* They have what was asked in this round, and before. */
	void (*on_confirmed)(void *arg, uint64_t round);
	/* See witness_is_short(). */
	void (*on_change)(void *arg);
	void *arg; /* borrowed */
};

struct witness *witness_new(const struct witness_options *options);
/* The connection has been closed before. */
void witness_free(struct witness **w);
/* What is asked now belongs to this round. */
uint64_t witness_round(struct witness *w);
/* Asks for the round, if it has anything. */
void witness_end_round(struct witness *w);
/* Over a new connection: looks who is there. */
void witness_begin(struct witness *w);
/* Asks all the same. */
void witness_ask(struct witness *w);
/* They have not confirmed for half a second, and not since. */
bool witness_is_short(const struct witness *w);

#endif
