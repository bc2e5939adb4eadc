/*
 * place - which router a partition belongs to.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "place.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"

static uint64_t weight(uint64_t partition, const char *instance)
{
	char text[192];
	int n = snprintf(text, sizeof(text), "%llu/%s",
			 (unsigned long long)partition, instance);

	must(n > 0 && (size_t)n < sizeof(text));
	return hash_stable(slice_bytes(text, (size_t)n));
}

size_t place_of(uint64_t partition, const char *const *instances, size_t n)
{
	size_t best = 0;

	must(n > 0);
	for (size_t i = 1; i < n; i++)
		if (weight(partition, instances[i]) >
		    weight(partition, instances[best]))
			best = i;
	return best;
}
