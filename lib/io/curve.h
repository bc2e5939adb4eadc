/*
 * curve - the keys of a process: its own, and those that it lets in.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Looks at the directories twice a second, so a key that is added or removed
 * takes effect without a restart.
 */
#ifndef IO_CURVE_H
#define IO_CURVE_H

#include <stdbool.h>
#include <uv.h>

#include "curve/keyring.h"
#include "io/metrics.h"

struct curve;

/* secret: what certificate_pair() takes; checked before. */
struct curve *curve_open(uv_loop_t *loop, const char *secret, bool plaintext_ok,
			 struct metrics *metrics);
/* Wipes the secret key; the rings go too. */
void curve_close(struct curve **c);
/* Owned by c. NULL with a line in error. At most CURVE_RINGS_MAX. */
#define CURVE_RINGS_MAX 4
const struct keyring *curve_ring(struct curve *c,
				 const struct keyring_options *options,
				 char *error, size_t error_size);
const struct curve_pair *curve_own(const struct curve *c);
/* A server on another host may be talked to in plain text. */
bool curve_plaintext_ok(const struct curve *c);
void curve_count_refusal(const struct curve *c);

#endif
