/*
 * profile_field - a field of a stored profile: "<time of its call in ms>
 * <JSON>", as settle.lua writes it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STORE_PROFILE_FIELD_H
#define STORE_PROFILE_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* json: a view of the text. False: it is none. */
bool profile_field_read(struct slice text, uint64_t *ms, struct slice *json);

#endif
