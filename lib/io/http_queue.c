/*
 * http_queue - what an event stream has yet to send.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/http_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NOTE_SIZE 80

void http_queue_init(struct http_queue *q, size_t bytes_max)
{
	*q = (struct http_queue){.max = bytes_max};
	/* What was sent is moved out only once it takes half the room. */
	buf_init(&q->bytes, 2 * bytes_max);
}

void http_queue_fini(struct http_queue *q)
{
	buf_fini(&q->bytes);
}

bool http_queue_is_empty(const struct http_queue *q)
{
	return q->bytes.n == q->sent;
}

static bool make_room(struct http_queue *q, size_t n)
{
	if (q->bytes.n - q->sent + n > q->max)
		return false;
	if (q->sent > q->max / 2) {
		q->bytes.n -= q->sent;
		memmove(q->bytes.p, q->bytes.p + q->sent, q->bytes.n);
		q->sent = 0;
	}
	return true;
}

bool http_queue_push(struct http_queue *q, struct slice event)
{
	char note[NOTE_SIZE];
	size_t n = 0;

	if (q->dropped > 0)
		n = (size_t)snprintf(note, sizeof(note),
				     "event: dropped\ndata: {\"count\":%" PRIu64
				     "}\n\n",
				     q->dropped);
	if (!make_room(q, n + event.n)) {
		q->dropped++;
		return false;
	}
	q->dropped = 0;
	buf_append(&q->bytes, note, n);
	buf_append_slice(&q->bytes, event);
	return true;
}

size_t http_queue_pull(struct http_queue *q, char *out, size_t max)
{
	size_t n = q->bytes.n - q->sent;

	if (n > max)
		n = max;
	if (n > 0)
		memcpy(out, q->bytes.p + q->sent, n);
	q->sent += n;
	if (q->sent == q->bytes.n) {
		buf_reset(&q->bytes);
		q->sent = 0;
	}
	return n;
}
