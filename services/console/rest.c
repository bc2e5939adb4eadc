/*
 * rest - the last part of a path, which may hold any byte.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rest.h"

#include <string.h>

#include "base/text.h"

bool path_rest(const char *target, size_t n, struct buf *out)
{
	size_t before = out->n;
	const char *p = target;

	for (size_t i = 0; i <= n; i++) {
		if (*p != '/')
			return false;
		p++;
		if (i < n)
			p += strcspn(p, "/?");
	}
	return percent_decode(out, slice_bytes(p, strcspn(p, "?"))) &&
	       out->n > before;
}
