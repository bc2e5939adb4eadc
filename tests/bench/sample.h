/*
 * sample - the event that the benchmark publishes: 1 KiB of dataFields.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <msgpack.h>
#include <stddef.h>
#include <stdint.h>

/* Digits of a userId, so that a packed batch can be used again with others. */
#define SAMPLE_DIGITS 10

/* Packs one message. Returns where in out its userId's digits stand. */
size_t sample_pack(msgpack_sbuffer *out, const char *project, const char *name,
		   uint64_t bytes);
void sample_number(char *digits, uint64_t number);

#endif
