/*
 * rng - random numbers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The fast generator is splitmix64 with a state of its own in each thread: the
 * interface has no handle to keep it in, and a lock would cost more than it.
 */
#include "base/rng.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/random.h>

#include "base/mem.h"

static _Thread_local struct {
	uint64_t state;
	bool seeded;
} fast;

void rng_bytes(void *p, size_t n)
{
	unsigned char *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		/* Without the kernel's numbers no key would be safe. */
		must(got > 0 || (got < 0 && errno == EINTR));
		if (got > 0) {
			at += got;
			n -= (size_t)got;
		}
	}
}

uint64_t rng_u64(void)
{
	uint64_t z;

	if (!fast.seeded) {
		rng_bytes(&fast.state, sizeof(fast.state));
		fast.seeded = true;
	}
	z = fast.state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

double rng_unit(void)
{
	/* 53 bits are what a double holds. */
	return (double)(rng_u64() >> 11) * 0x1.0p-53;
}
