/*
 * turns - what a program does in every turn of its loop, and every now and
 * then. SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_TURNS_H
#define IO_TURNS_H

#include <stdint.h>
#include <uv.h>

struct turns;

struct turns_options {
	/* After events have been handled, and again before the loop waits. */
	void (*on_turn)(void *arg);
	void (*on_tick)(void *arg);
	uint64_t tick_ms;
	void *arg; /* borrowed */
};

struct turns *turns_start(uv_loop_t *loop, const struct turns_options *options);
/* Neither is called any more. Memory is freed by the loop: run it once more. */
void turns_stop(struct turns **t);

#endif
