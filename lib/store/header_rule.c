/*
 * header_rule - names and values of custom headers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/header_rule.h"

#include <string.h>

#include "base/slice.h"
#include "base/text.h"

bool header_name_valid(const char *name)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	if (!*name)
		return false;
	for (; *name; name++) {
		char c = (char)(*name | 0x20);

		if (!(c >= 'a' && c <= 'z') &&
		    !(*name >= '0' && *name <= '9') && !strchr(marks, *name))
			return false;
	}
	return true;
}

bool header_name_reserved(const char *name)
{
	static const char *const whole[] = {
	    "Host",    "Content-Length", "Transfer-Encoding", "Connection",
	    "Expect",  "Keep-Alive",	 "HTTP2-Settings",    "TE",
	    "Trailer", "Upgrade",
	};
	static const char *const starts[] = {"webhook-", "Proxy-"};
	struct slice s = slice_of(name);

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (slice_eq_nocase(s, slice_of(whole[i])))
			return true;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct slice start = slice_of(starts[i]);

		if (s.n >= start.n &&
		    slice_eq_nocase(slice_bytes(s.p, start.n), start))
			return true;
	}
	return false;
}

bool header_value_valid(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < ' ' ? *value != '\t'
						: *value == 0x7f)
			return false;
	return true;
}
