/*
 * fuzz_request - publish bodies: what is taken gives receivers sound JSON.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which is taken again, with the same result.
 */
#include <yajl/yajl_parse.h>

#include "base/buf.h"
#include "base/mem.h"
#include "request.h"

#include "fuzz.h"

#define BODY_MAX (1024 * 1024)

static const struct request_limits limits = {
    .frame_bytes_max = 65536,
    .message_bytes_max = 16384,
    .event_name_bytes_max = 128,
    .events_max = 100,
};

static void check_json(struct slice body)
{
	yajl_handle yajl = yajl_alloc(NULL, NULL, NULL);

	must(slice_is_utf8(body));
	must(yajl_parse(yajl, (const unsigned char *)body.p, body.n) ==
	     yajl_status_ok);
	must(yajl_complete_parse(yajl) == yajl_status_ok);
	yajl_free(yajl);
}

/* A body is a message without its project, if not one made too long by escapes.
 */
static void check_again(struct slice body)
{
	struct request *again = request_new(&limits);
	struct fault fault;

	if (body.n < limits.message_bytes_max) {
		must(request_parse(again, ENCODING_JSON, body,
				   SLICE_LIT("acme"), &fault));
		must(slice_eq(request_at(again, 0).body, body));
	}
	request_free(&again);
}

static void check_call(const struct request *r, size_t i)
{
	struct request_call call = request_call_at(r, i);

	must(request_at(r, i).ordering_key.n > 0);
	must((call.webhook.n > 0) == (call.tile != TILE_exit));
	if (call.params.n > 0)
		check_json(call.params);
}

static void check_fault(const struct fault *fault)
{
	must(fault->code < FAULT_CODES_N && fault->message[0]);
	must(slice_is_utf8(slice_of(fault->field)));
}

static void run(struct request *r, struct slice body, struct slice project)
{
	struct fault fault = {0};

	if (!request_parse(r, encoding_of(body), body, project, &fault)) {
		check_fault(&fault);
		return;
	}
	must(request_count(r) > 0);
	for (size_t i = 0; i < request_count(r); i++) {
		struct request_event event = request_at(r, i);
		struct buf copy;

		buf_init(&copy, BODY_MAX);
		buf_append_slice(&copy, event.body);
		check_json(buf_slice(&copy));
		if (event.op == OP_EVENT)
			check_again(buf_slice(&copy));
		else
			check_call(r, i);
		buf_fini(&copy);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request *r = request_new(&limits);

	run(r, slice_bytes(data, size), (struct slice){"", 0});
	request_release(r);
	run(r, slice_bytes(data, size), SLICE_LIT("acme"));
	request_free(&r);
	return 0;
}
