/*
 * err - the text of each error.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/err.h"

#include <stddef.h>

const char *err_text(enum err e)
{
	static const char *const texts[] = {
#define E(name, text) text,
	    ERRORS(E)
#undef E
	};
	size_t i = (size_t)e;

	return i < sizeof(texts) / sizeof(texts[0]) ? texts[i] : "unknown";
}
