/*
 * climb - does a URL's path have segments that climb?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "filter/climb.h"

static bool is_dots(struct slice segment)
{
	size_t dots = 0, i = 0;

	while (i < segment.n) {
		if (segment.p[i] == '.')
			i += 1;
		else if (segment.n - i >= 3 && segment.p[i] == '%' &&
			 segment.p[i + 1] == '2' &&
			 (segment.p[i + 2] | 0x20) == 'e')
			i += 3;
		else
			return false;
		dots++;
	}
	return dots == 1 || dots == 2;
}

/* In the path, which begins behind "https://host". */
bool url_climbs(struct slice url)
{
	const char *at = memmem(url.p, url.n, "//", 2), *end = url.p + url.n;
	const char *query = memchr(url.p, '?', url.n);
	struct slice segment;

	if (query)
		end = query;
	at = at ? memchr(at + 2, '/', url.n - (size_t)(at + 2 - url.p)) : NULL;
	while (at && at < end) {
		const char *next = memchr(at + 1, '/', (size_t)(end - at - 1));

		segment =
		    slice_bytes(at + 1, (size_t)((next ? next : end) - at - 1));
		if (is_dots(segment))
			return true;
		at = next;
	}
	return false;
}
