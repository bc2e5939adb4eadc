/*
 * rng - random numbers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* From the kernel, for keys and secrets. */
void rng_bytes(void *p, size_t n);
/* A fast generator seeded from the kernel, for jitter; not for secrets. */
uint64_t rng_u64(void);
/* Uniform in [0, 1). */
double rng_unit(void);

#endif
