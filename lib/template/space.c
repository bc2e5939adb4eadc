/*
 * space - what counts as white space in a template, as JavaScript sees it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/space.h"

#define WIDE_MAX 3

/* Those above ASCII, in UTF-8: U+00A0, 1680, 2028, 2029, 202F, 205F, 3000,
 * FEFF, and U+2000 to 200A. */
static bool is_wide(const char *p, size_t n)
{
	static const char *const spaces[] = {
	    "\xc2\xa0",	    "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9",
	    "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf"};

	for (size_t i = 0; i < sizeof(spaces) / sizeof(*spaces); i++) {
		if (slice_eq_str(slice_bytes(p, n), spaces[i]))
			return true;
	}
	return n == 3 && memcmp(p, "\xe2\x80", 2) == 0 &&
	       (unsigned char)p[2] >= 0x80 && (unsigned char)p[2] <= 0x8a;
}

static bool is_narrow(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t space_first(struct slice s)
{
	if (s.n == 0)
		return 0;
	if (!(s.p[0] & 0x80))
		return is_narrow(s.p[0]);
	for (size_t n = 2; n <= WIDE_MAX && n <= s.n; n++) {
		if (is_wide(s.p, n))
			return n;
	}
	return 0;
}

size_t space_last(struct slice s)
{
	if (s.n == 0)
		return 0;
	if (!(s.p[s.n - 1] & 0x80))
		return is_narrow(s.p[s.n - 1]);
	for (size_t n = 2; n <= WIDE_MAX && n <= s.n; n++) {
		if (is_wide(s.p + s.n - n, n))
			return n;
	}
	return 0;
}

struct slice space_skip(struct slice s)
{
	size_t n;

	while ((n = space_first(s)) > 0)
		s = slice_bytes(s.p + n, s.n - n);
	return s;
}

struct slice space_trim_end(struct slice s)
{
	size_t n;

	while ((n = space_last(s)) > 0)
		s.n -= n;
	return s;
}
