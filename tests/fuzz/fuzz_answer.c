/*
 * fuzz_answer - header lines and body bytes of a receiver, down to the verdict.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte says in what pieces the body comes, the rest is an answer.
 */
#include <string.h>

#include "answer.h"
#include "base/mem.h"
#include "classify.h"

#include "fuzz.h"

#define NOW_MS 1795421805000u

static void check(const struct answer *a)
{
	must(a->snippet_n <= sizeof(a->snippet));
	must(a->retry_after_n <= sizeof(a->retry_after));
	must(a->body_bytes <= ANSWER_BODY_BYTES_MAX);
	must(a->headers_too_large ||
	     a->header_bytes <= ANSWER_HEADER_BYTES_MAX);
}

static void decide(const struct answer *a)
{
	struct verdict v;

	classify(FAULT_NONE, a->status, a->directive,
		 slice_bytes(a->retry_after, a->retry_after_n), NOW_MS, &v);
	must(v.outcome >= OUTCOME_delivered && v.outcome <= OUTCOME_gone);
	must(v.retry_after_ms <= RETRY_AFTER_MS_MAX);
	must(memchr(v.error, '\0', sizeof(v.error)) != NULL);
	must((v.outcome == OUTCOME_delivered) == (v.error[0] == '\0'));
}

/* Returns where the body begins. */
static struct slice take_headers(struct answer *a, struct slice in)
{
	while (in.n > 0) {
		const char *end = memchr(in.p, '\n', in.n);
		size_t n = end ? (size_t)(end - in.p) + 1 : in.n;
		bool last = n <= 2;

		if (!answer_header(a, slice_bytes(in.p, n)))
			return slice_bytes(in.p, 0);
		in.p += n;
		in.n -= n;
		if (last && a->status >= 200)
			break;
	}
	return in;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answer a;
	struct slice body;
	size_t piece;

	if (size == 0)
		return 0;
	piece = (size_t)data[0] * data[0] + 1;
	answer_reset(&a);
	body = take_headers(&a, slice_bytes(data + 1, size - 1));
	while (body.n > 0) {
		size_t n = body.n < piece ? body.n : piece;

		if (!answer_body(&a, slice_bytes(body.p, n)))
			break;
		body.p += n;
		body.n -= n;
	}
	check(&a);
	decide(&a);
	return 0;
}
