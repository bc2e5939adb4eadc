/*
 * fuzz_message - frames: what decodes, encodes and decodes to the same again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/mem.h"
#include "proto/message.h"

#include "fuzz.h"

#define FRAME_BYTES_MAX (16 * 1024 * 1024)
#define COUNT_MAX 100

#define SAME_U64(a, b) must((a) == (b))
#define SAME_STR(a, b) must(slice_eq(a, b))
#define SAME_BYTES(a, b) must(slice_eq(a, b))
#define SAME_FIELD(kind, name, max) SAME_##kind(m.name, again.name);

#define ROUND(number, msg, fields)                                 \
	static bool round_##msg(struct slice *in)                  \
	{                                                          \
		struct msg_##msg m, again;                         \
		struct slice second;                               \
		struct buf b;                                      \
                                                                   \
		if (msg_decode_##msg(in, &m) != ERR_OK)            \
			return false;                              \
		buf_init(&b, FRAME_BYTES_MAX);                     \
		msg_encode_##msg(&b, &m);                          \
		second = buf_slice(&b);                            \
		must(msg_decode_##msg(&second, &again) == ERR_OK); \
		must(second.n == 0);                               \
		fields(SAME_FIELD, SAME_FIELD);                    \
		buf_fini(&b);                                      \
		return true;                                       \
	}
MESSAGES(ROUND)

static bool round_one(uint64_t type, struct slice *in)
{
	switch (type) {
#define CASE(number, msg, fields) \
	case number:              \
		return round_##msg(in);
		MESSAGES(CASE)
#undef CASE
	default:
		return false;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_bytes(data, size);
	struct msg_head head;

	if (msg_decode_head(&in, &head, COUNT_MAX) != ERR_OK)
		return 0;
	for (uint64_t i = 0; i < head.count; i++) {
		if (!round_one(head.type, &in))
			break;
	}
	return 0;
}
