/*
 * samples - one record of each message, filled in the same way for ever: what
 * tests/golden/v1 holds.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_SAMPLES_H
#define TESTS_SAMPLES_H

#include "base/buf.h"
#include "proto/message.h"

/* Field number i (from 1) of a record: numbers that need another width each,
 * and texts and bytes that name themselves. */
static inline uint64_t sample_U64(unsigned i)
{
	return (uint64_t)1 << (i * 5 % 60);
}

static inline struct slice sample_STR(unsigned i)
{
	static const char text[] = "Grüße, abcdefg";

	return slice_bytes(text, i % sizeof(text));
}

static inline struct slice sample_BYTES(unsigned i)
{
	static const char bytes[] =
	    "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\xff\xfe\xfd\xfc\xfb";

	(void)i;
	return slice_bytes(bytes, 16);
}

#define SAMPLE_FIELD(kind, name, max) m.name = sample_##kind(++i);
#define SAMPLE(number, msg, fields)                                    \
	static inline struct msg_##msg sample_##msg(void)              \
	{                                                              \
		struct msg_##msg m = {0};                              \
		unsigned i = 0;                                        \
                                                                       \
		fields(SAMPLE_FIELD, SAMPLE_FIELD);                    \
		return m;                                              \
	}                                                              \
	/* A frame of two records, in partition 3 and number 9. */     \
	static inline void sample_frame_##msg(struct buf *out)         \
	{                                                              \
		struct msg_##msg m = sample_##msg();                   \
		size_t offset = msg_frame_start(out, MSG_##msg, 3, 9); \
                                                                       \
		msg_encode_##msg(out, &m);                             \
		msg_encode_##msg(out, &m);                             \
		msg_frame_finish(out, offset, 2);                      \
	}
MESSAGES(SAMPLE)

#define SAME_U64(a, b) ((a) == (b))
#define SAME_STR(a, b) slice_eq(a, b)
#define SAME_BYTES(a, b) slice_eq(a, b)
#define SAME_FIELD(kind, name, max) &&SAME_##kind(a->name, b->name)
#define SAME_NOTHING(kind, name, max)
#define SAME(number, msg, fields)                                         \
	static inline bool same_##msg(const struct msg_##msg *a,          \
				      const struct msg_##msg *b)          \
	{                                                                 \
		return true fields(SAME_FIELD, SAME_FIELD);               \
	}                                                                 \
	/* As far as every version has had the fields. */                 \
	static inline bool same_required_##msg(const struct msg_##msg *a, \
					       const struct msg_##msg *b) \
	{                                                                 \
		return true fields(SAME_FIELD, SAME_NOTHING);             \
	}
MESSAGES(SAME)

#endif
