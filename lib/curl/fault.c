/*
 * fault - why no whole answer came.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curl/fault.h"

const char *fault_text(enum fault fault)
{
	static const char *const text[] = {
#define F(name, text) [FAULT_##name] = text,
	    FAULTS(F)
#undef F
	};

	return text[fault];
}
