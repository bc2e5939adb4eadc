/*
 * oauth_error - takes only what looks like a code.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/oauth_error.h"

#include <string.h>

void oauth_error_take(char out[OAUTH_ERROR_SIZE], struct slice told)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	if (told.n == 0 || !slice_cstr(out, OAUTH_ERROR_SIZE, told) ||
	    strspn(out, allowed) != told.n)
		memcpy(out, OAUTH_UNAVAILABLE, sizeof(OAUTH_UNAVAILABLE));
}
