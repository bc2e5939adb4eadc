/*
 * delays - calls that are to be answered later, for whoever tests time-outs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_DELAYS_H
#define CONSOLE_DELAYS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct call;
struct delays;

struct delays *delays_new(uv_loop_t *loop);
/* Those that wait are answered now. */
void delays_end(struct delays *d);
/* The same, and none will be any more. */
void delays_free(struct delays **d);
/* False: too many wait already. */
bool delays_add(struct delays *d, struct call *call, uint64_t ms,
		void (*answer)(struct call *call));

#endif
