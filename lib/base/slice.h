/*
 * slice - bytes that somebody else owns.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A slice borrows; it says nothing of a terminating NUL. Who keeps it past the
 * life of its owner copies it first.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

#define SLICE_LIT(s) ((struct slice){(s), sizeof(s) - 1})
/* For printf's "%.*s". */
#define SLICE_FMT(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct slice slice_of(const char *s)
{
	return (struct slice){s, s ? strlen(s) : 0};
}

static inline struct slice slice_bytes(const void *p, size_t n)
{
	return (struct slice){p, n};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_eq_str(struct slice a, const char *s)
{
	return slice_eq(a, slice_of(s));
}

/* Copies at most size - 1 bytes and a NUL; false when it had to cut. */
bool slice_cstr(char *dst, size_t size, struct slice s);
/* Takes what stands before the first such byte, and the byte, off the front of
 * rest. False without one: rest and part stay as they were. */
bool slice_cut(struct slice *rest, char at, struct slice *part);
/* Takes the prefix off the front. False without it: s stays as it was. */
bool slice_skip(struct slice *s, const char *prefix);
/* A NUL-terminated copy that the caller owns. */
char *slice_dup(struct slice s);
/* True when every byte sequence is well-formed UTF-8 (RFC 3629). */
bool slice_is_utf8(struct slice s);
/* Decimal digits only, no sign, no spaces; false on overflow or anything else.
 */
bool slice_parse_u64(struct slice s, uint64_t *value);

#endif
