/*
 * climb - does a URL's path have segments that climb?
 * SPDX-License-Identifier: Apache-2.0
 *
 * A segment that is "." or ".." cannot be written in any other way (%2e means
 * the same to most), so a URL that comes to have one from a message is refused.
 */
#ifndef FILTER_CLIMB_H
#define FILTER_CLIMB_H

#include <stdbool.h>

#include "base/slice.h"

bool url_climbs(struct slice url);

#endif
