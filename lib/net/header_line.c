/*
 * header_line - finds the value of a header.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/header_line.h"

#include "base/text.h"

static struct slice trim(struct slice s)
{
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	return s;
}

bool header_line_is(struct slice line, struct slice name, struct slice *value)
{
	if (line.n <= name.n || line.p[name.n] != ':' ||
	    !slice_eq_nocase(slice_bytes(line.p, name.n), name))
		return false;
	*value = trim(slice_bytes(line.p + name.n + 1, line.n - name.n - 1));
	return true;
}
