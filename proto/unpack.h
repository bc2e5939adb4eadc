/*
 * unpack - reads msgpack one value at a time, without allocating.
 * SPDX-License-Identifier: Apache-2.0
 *
 * msgpack-c builds a tree of 24-byte objects in a zone, whatever a peer's
 * counts and one-byte values ask for; a frame of 8 MiB could thus take 200.
 * Everything that comes from a peer is therefore read with this: a claimed
 * count costs nothing, and a flat record is decoded in well under a
 * microsecond.
 */
#ifndef PROTO_UNPACK_H
#define PROTO_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

enum unpack_kind {
	UNPACK_NIL,
	UNPACK_BOOL,
	UNPACK_UINT,
	UNPACK_INT, /* below zero */
	UNPACK_FLOAT32,
	UNPACK_FLOAT64,
	UNPACK_STR,
	UNPACK_BIN,
	UNPACK_ARRAY,
	UNPACK_MAP,
	UNPACK_EXT,
};

struct unpack_value {
	enum unpack_kind kind;
	union {
		bool boolean;
		uint64_t u;
		int64_t i;
		double f;
		struct slice bytes; /* STR, BIN, EXT: a view of the input */
		uint32_t count;	    /* ARRAY: elements; MAP: pairs */
	};
};

/* Takes one scalar, or the header of one array or map, off the front of *in.
 * ERR_MALFORMED: cut off, the reserved byte 0xc1, or a count that cannot fit in
 * what is left. */
MUST_CHECK enum err unpack_next(struct slice *in, struct unpack_value *v);

#endif
