/*
 * context - what the templates of a call see.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   email, userId, journeyId, pathId   of the call
 *   profile                            what is kept of the user, under it what
 *                                      the call brings
 *   event, dataFields                  the call's event, under both names
 *   liveData                           what was retrieved on this path, by name
 *   everything else                    the profile's fields
 */
#ifndef JOURNEY_CONTEXT_H
#define JOURNEY_CONTEXT_H

#include "base/slice.h"
#include "filter/arena.h"
#include "filter/value.h"

/* In the arena, and a view of both, which are objects. */
const struct value *context_new(struct arena *arena, const struct value *call,
				const struct value *stored);

#endif
