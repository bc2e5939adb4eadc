/*
 * fuzz_outcome - what routers tell of a call's end: what is understood can be
 * told to publishers, and is understood again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/buf.h"
#include "base/mem.h"
#include "outcome.h"

#include "fuzz.h"

#define BYTES_MAX (16 * 1024 * 1024)

static json_t *told(const json_t *outcome, enum encoding encoding)
{
	const struct ulid id = {{1}};
	struct buf b;
	json_t *again;

	buf_init(&b, BYTES_MAX);
	outcome_write(&b, encoding, &id, outcome);
	must(!buf_full(&b));
	again = encoding == ENCODING_JSON ? outcome_of_text(buf_slice(&b))
					  : outcome_of_feed(buf_slice(&b));
	buf_fini(&b);
	return again;
}

static void check(json_t *outcome)
{
	json_t *packed;
	struct ulid id;

	if (!outcome)
		return;
	(void)outcome_id(outcome, &id);
	json_decref(told(outcome, ENCODING_JSON));
	packed = told(outcome, ENCODING_MSGPACK);
	/* JSON text may be nested deeper than is read of msgpack. */
	if (packed) {
		must(json_equal(json_object_get(packed, "error"),
				json_object_get(outcome, "error")) ||
		     !json_object_get(outcome, "error"));
		must(outcome_id(packed, &id) && id.b[0] == 1);
	}
	json_decref(packed);
	json_decref(outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(outcome_of_feed(slice_bytes(data, size)));
	check(outcome_of_text(slice_bytes(data, size)));
	return 0;
}
