/*
 * rest - the last part of a path, which may hold any byte.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "rest.h"

#include <string.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(struct slice in, struct buf *out)
{
	for (size_t i = 0; i < in.n; i++) {
		int high, low;

		if (in.p[i] != '%') {
			buf_append_char(out, in.p[i]);
			continue;
		}
		if (in.n - i < 3)
			return false;
		high = hex_value(in.p[i + 1]);
		low = hex_value(in.p[i + 2]);
		if (high < 0 || low < 0)
			return false;
		buf_append_char(out, (char)(high << 4 | low));
		i += 2;
	}
	return true;
}

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
	return decode(slice_bytes(p, strcspn(p, "?")), out) && out->n > before;
}
