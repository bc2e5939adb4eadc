/*
 * profile_field - a field of a stored profile.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/profile_field.h"

bool profile_field_read(struct slice text, uint64_t *ms, struct slice *json)
{
	struct slice number;

	*json = text;
	return slice_cut(json, ' ', &number) && slice_parse_u64(number, ms);
}
