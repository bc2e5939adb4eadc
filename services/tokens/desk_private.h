/*
 * desk_private - what the two halves of the desk share: desk.c answers,
 * errand.c fetches. SPDX-License-Identifier: Apache-2.0
 */
#ifndef TOKENS_DESK_PRIVATE_H
#define TOKENS_DESK_PRIVATE_H

#include "asks.h"
#include "desk.h"
#include "grant.h"

/* While another process has the lock, or Redis is away. */
#define AGAIN_MS 200
#define FRAME_BYTES_MAX (TOKEN_SEALED_BYTES_MAX + 8192)

struct desk {
	struct desk_options options;
	struct desk_tools tools;
	struct grants *grants; /* owned */
	size_t n_asks;	       /* that wait */
	size_t busy;	       /* grants that are not idle */
	bool draining;
};

void desk_set_state(struct desk *d, struct grant *g, enum grant_state state);
/* As it is now; NULL: there is none. */
struct credential *desk_credential(const struct desk *d, const struct grant *g);
/* To one that has waited, which ends it. */
void desk_answer(struct desk *d, const struct grant *g, struct ask *a,
		 const struct answer *answer);
/* Answers who can be answered, and sees to it that there will be a token for
 * the others. May drop the grant. */
void desk_consider(struct desk *d, struct grant *g);

/* The lock is ours: asks the token server. */
void errand_fetch(struct desk *d, struct grant *g, struct credential *c);
/* Tells Redis what the grant is now. */
void errand_store(struct desk *d, struct grant *g);

#endif
