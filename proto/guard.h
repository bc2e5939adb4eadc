/*
 * guard - a look at msgpack bytes before msgpack-c sees them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * msgpack-c believes the counts that a peer claims and reserves memory for
 * them. The guard walks the bytes without allocating: every length must fit
 * what is there, nesting is bounded, ext types are refused.
 */
#ifndef PROTO_GUARD_H
#define PROTO_GUARD_H

#include "base/err.h"
#include "base/slice.h"

/* One value of any shape at the front of in; *used is its length. ERR_MALFORMED
 * (truncated, ext, reserved byte), ERR_TOO_DEEP, ERR_TOO_LARGE (more than
 * values_max values in all). */
MUST_CHECK enum err guard_value(struct slice in, unsigned depth_max,
				size_t values_max, size_t *used);
/* One flat array of scalars of at most fields_max elements. */
MUST_CHECK enum err guard_flat_array(struct slice in, size_t fields_max,
				     size_t *used);

#endif
