/*
 * fuzz_guard - whatever the guard lets through, msgpack-c reads to the same
 * length. SPDX-License-Identifier: Apache-2.0
 */
#include <msgpack.h>

#include "base/mem.h"
#include "proto/guard.h"

#include "fuzz.h"

#define DEPTH_MAX 30 /* msgpack-c itself goes to 32 */
#define VALUES_MAX 10000

static void check_against_msgpack(const uint8_t *data, size_t size, size_t used)
{
	msgpack_unpacked result;
	size_t offset = 0;

	msgpack_unpacked_init(&result);
	must(msgpack_unpack_next(&result, (const char *)data, size, &offset) ==
	     MSGPACK_UNPACK_SUCCESS);
	must(offset == used);
	msgpack_unpacked_destroy(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_bytes(data, size);
	size_t used, flat;

	if (guard_value(in, DEPTH_MAX, VALUES_MAX, &used) == ERR_OK)
		check_against_msgpack(data, size, used);
	if (guard_flat_array(in, 64, &flat) == ERR_OK) {
		must(guard_value(in, DEPTH_MAX, VALUES_MAX, &used) == ERR_OK);
		must(used == flat);
	}
	return 0;
}
