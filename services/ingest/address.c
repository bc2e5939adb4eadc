/*
 * address - whom to answer: the frames in front of a body, as they came.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "address.h"

#include <stdlib.h>

#include "base/mem.h"

struct address *address_new(enum encoding encoding, const struct slice *frames,
			    size_t n)
{
	size_t bytes = sizeof(struct address) + n * sizeof(frames[0]);
	struct address *a;
	char *to;

	for (size_t i = 0; i < n; i++)
		bytes += frames[i].n;
	a = xmalloc(bytes);
	a->refs = 1;
	a->encoding = encoding;
	a->bytes = bytes;
	a->n = n;
	to = (char *)&a->frames[n];
	for (size_t i = 0; i < n; i++) {
		if (frames[i].n > 0)
			memcpy(to, frames[i].p, frames[i].n);
		a->frames[i] = slice_bytes(to, frames[i].n);
		to += frames[i].n;
	}
	return a;
}

struct address *address_ref(struct address *a)
{
	a->refs++;
	return a;
}

void address_unref(struct address **address)
{
	struct address *a = *address;

	*address = NULL;
	if (a && --a->refs == 0)
		free(a);
}
