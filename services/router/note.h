/*
 * note - attempts, as they are listed in Redis and told on the feed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ROUTER_NOTE_H
#define ROUTER_NOTE_H

#include "proto/message.h"

struct delivery;
struct partition;

struct noted {
	const struct msg_result *result;
	uint64_t number; /* of the attempt; 0: an end without one */
	uint64_t outcome, next_ms;
};

void note_attempt(struct partition *p, const struct delivery *d,
		  const struct noted *noted);
/* The try before within the same attempt, whose token the receiver refused: of
 * the delivery or of each of its parcel, before the attempt is counted. It is
 * listed, and counts for nothing. */
void note_earlier(struct partition *p, struct delivery *d,
		  const struct msg_result *result);

#endif
