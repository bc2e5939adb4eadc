/*
 * answer - bounded reading of a receiver's answer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "answer.h"

#include "base/text.h"
#include "net/header_line.h"

void answer_reset(struct answer *a)
{
	a->header_bytes = a->body_bytes = 0;
	a->headers_too_large = a->body_cut = false;
	a->complete = a->http2 = a->encoded = false;
	a->status = 0;
	a->content_length = UINT64_MAX;
	a->directive = DIRECTIVE_NONE;
	a->retry_after_n = a->snippet_n = 0;
}

static void take_directive(struct answer *a, struct slice value)
{
	if (slice_eq_nocase(value, SLICE_LIT("disable")))
		a->directive = DIRECTIVE_DISABLE;
	else if (slice_eq_nocase(value, SLICE_LIT("abort-message")) &&
		 a->directive == DIRECTIVE_NONE)
		a->directive = DIRECTIVE_ABORT;
}

static void take_retry_after(struct answer *a, struct slice value)
{
	if (value.n > sizeof(a->retry_after))
		return;
	memcpy(a->retry_after, value.p, value.n);
	a->retry_after_n = value.n;
}

/* "HTTP/1.1 200 OK". What an interim answer (1xx) said before it is forgotten.
 */
static void take_status(struct answer *a, struct slice line)
{
	const char *space = memchr(line.p, ' ', line.n);
	uint64_t n = 0;

	if (space && line.p + line.n - space >= 4 &&
	    slice_parse_u64(slice_bytes(space + 1, 3), &n))
		a->status = (unsigned)n;
	a->http2 = line.n > 6 && line.p[5] == '2';
	a->directive = DIRECTIVE_NONE;
	a->retry_after_n = 0;
	a->content_length = UINT64_MAX;
	a->encoded = false;
}

static void take_length(struct answer *a, struct slice value)
{
	if (!slice_parse_u64(value, &a->content_length))
		a->content_length = UINT64_MAX;
}

static void end_headers(struct answer *a)
{
	if (a->status < 200)
		return;
	if (a->status == 204 || a->status == 304)
		a->content_length = 0;
	/* Its length is that of the packed bytes, which are not counted. */
	if (a->encoded)
		a->content_length = UINT64_MAX;
	a->complete = a->content_length == 0;
}

/* Most lines are sorted out by their first letter. */
static void take_header(struct answer *a, struct slice line)
{
	struct slice value;

	switch (line.p[0] | 0x20) {
	case 'h':
		if (line.n > 5 && memcmp(line.p, "HTTP/", 5) == 0)
			take_status(a, line);
		break;
	case 'c':
		if (header_line_is(line, SLICE_LIT("content-length"), &value))
			take_length(a, value);
		else if (header_line_is(line, SLICE_LIT("content-encoding"),
					&value))
			a->encoded = true;
		break;
	case 'w':
		if (header_line_is(line, SLICE_LIT("webhook-delivery"), &value))
			take_directive(a, value);
		break;
	case 'r':
		if (header_line_is(line, SLICE_LIT("retry-after"), &value))
			take_retry_after(a, value);
		break;
	case '\r' | 0x20:
	case '\n' | 0x20:
		end_headers(a);
		break;
	default:
		break;
	}
}

bool answer_header(struct answer *a, struct slice line)
{
	a->header_bytes += line.n;
	if (a->header_bytes > ANSWER_HEADER_BYTES_MAX) {
		a->headers_too_large = true;
		return false;
	}
	if (line.n > 0)
		take_header(a, line);
	return true;
}

bool answer_body(struct answer *a, struct slice bytes)
{
	size_t room = sizeof(a->snippet) - a->snippet_n;
	size_t n = bytes.n < room ? bytes.n : room;

	if (n > 0) {
		memcpy(a->snippet + a->snippet_n, bytes.p, n);
		a->snippet_n += n;
	}
	if (bytes.n > ANSWER_BODY_BYTES_MAX - a->body_bytes) {
		a->body_bytes = ANSWER_BODY_BYTES_MAX;
		a->body_cut = true;
		return false;
	}
	a->body_bytes += bytes.n;
	a->complete = a->body_bytes == a->content_length;
	return true;
}
