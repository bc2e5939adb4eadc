/*
 * sink_answer - what a request gets: an answer, or one of the misdeeds.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The endless ones send the same static chunk again and again, each once the
 * kernel has taken the one before, so they cost no memory.
 */
#include "sink_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

#define HEAD_SIZE 4096
#define DRIP_BODY_BYTES 65536

#define TEN(x) x x x x x x x x x x
#define HUNDRED(x) TEN(TEN(x))

/* Body bytes and header lines: as long as ISO C lets a literal be. */
static const char filler[] =
    HUNDRED("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
static const char header_lines[] = TEN(
    "X-Filler-1: and another header line, and there will be more of them\r\n"
    "X-Filler-2: and another header line, and there will be more of them\r\n"
    "X-Filler-3: and another header line, and there will be more of them\r\n"
    "X-Filler-4: and another header line, and there will be more of them\r\n"
    "X-Filler-5: than any client can want\r\n");
/*
 * A deflate stream of zeros. In a block of fixed codes: the literal 0, then for
 * ever "258 bytes from 1 byte back", which takes 13 bits, so that the pattern
 * repeats every 13 bytes. bomb_start holds the gzip header, the block's header,
 * the literal and the first repetition, which together end on a whole byte.
 */
static const char bomb_start[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x63\x18\x05";

static void send_status(struct conn *c, unsigned status, const char *headers)
{
	char head[HEAD_SIZE];
	int n = snprintf(head, sizeof(head), "HTTP/1.1 %u Sink\r\n%s\r\n",
			 status, headers);

	must(n > 0 && n < (int)sizeof(head));
	conn_send(c, slice_bytes(head, (size_t)n));
}

static bool has_body(unsigned status)
{
	return status >= 200 && status != 204 && status != 304;
}

static size_t append_date(char *out, size_t size, uint64_t ahead_s)
{
	time_t when = (time_t)(wall_ms() / 1000 + ahead_s);
	struct tm tm;

	gmtime_r(&when, &tm);
	return strftime(out, size, "Retry-After: %a, %d %b %Y %T GMT\r\n", &tm);
}

static void count_ok(struct conn *c, unsigned status)
{
	if (status / 100 != 2)
		return;
	c->sink->records.answered_ok++;
	if (!c->receipt)
		return;
	if (c->receipt->ok++ == 0)
		c->receipt->first_ok_us = wall_us();
}

static void send_answer(struct conn *c)
{
	const struct behaviour *b = c->fault;
	char head[HEAD_SIZE];
	size_t n;

	count_ok(c, b->status);
	if (b->status == 204 && !b->headers[0] && !b->retry_after_date_s) {
		conn_send(c, SLICE_LIT("HTTP/1.1 204 No Content\r\n\r\n"));
		conn_answered(c);
		return;
	}
	n = (size_t)snprintf(head, sizeof(head), "%s", b->headers);
	if (b->retry_after_date_s)
		n += append_date(head + n, sizeof(head) - n,
				 b->retry_after_date_s);
	if (has_body(b->status))
		snprintf(head + n, sizeof(head) - n, "Content-Length: %zu\r\n",
			 strlen(b->body));
	send_status(c, b->status, head);
	if (has_body(b->status) && b->body[0])
		conn_send(c, slice_of(b->body));
	conn_answered(c);
}

static void drip_next(struct conn *c);

static void on_drip(uv_timer_t *timer)
{
	drip_next(timer->data);
}

static void on_dripped(struct conn *c)
{
	conn_later(c, c->fault->drip_ms, on_drip);
}

static void drip_next(struct conn *c)
{
	static const char head[] =
	    "HTTP/1.1 200 Sink\r\nContent-Length: 65536\r\n\r\n";
	const char *p =
	    c->position < sizeof(head) - 1 ? head + c->position : filler;

	if (c->position >= sizeof(head) - 1 + DRIP_BODY_BYTES)
		conn_answered(c);
	else
		conn_stream(c, slice_bytes(p, 1), on_dripped);
}

static void header_next(struct conn *c)
{
	conn_stream(c, slice_bytes(header_lines, sizeof(header_lines) - 1),
		    header_next);
}

static void bomb_next(struct conn *c)
{
	/* Thirteen bytes, thirteen times eight bits: eight codes. */
	static const char pattern[] =
	    HUNDRED("\xa3\x60\x14\x8c\x82\x51\x30\x0a\x46\xc1\x28\x18\x05");

	conn_stream(c, slice_bytes(pattern, sizeof(pattern) - 1), bomb_next);
}

static void big_body_next(struct conn *c)
{
	uint64_t left = c->fault->big_body_bytes - c->position;
	size_t n = sizeof(filler) - 1;

	if (left == 0) {
		count_ok(c, 200);
		conn_answered(c);
		return;
	}
	conn_stream(c, slice_bytes(filler, left < n ? (size_t)left : n),
		    big_body_next);
}

static void start_big_body(struct conn *c)
{
	char headers[64];

	snprintf(headers, sizeof(headers), "Content-Length: %" PRIu64 "\r\n",
		 c->fault->big_body_bytes);
	send_status(c, 200, headers);
	if (c->state != CONN_CLOSED)
		big_body_next(c);
}

static void start_bomb(struct conn *c)
{
	send_status(c, 200, "Content-Encoding: gzip\r\n");
	conn_send(c, slice_bytes(bomb_start, sizeof(bomb_start) - 1));
	if (c->state != CONN_CLOSED)
		bomb_next(c);
}

static void start_headers(struct conn *c)
{
	conn_send(c, SLICE_LIT("HTTP/1.1 200 Sink\r\n"));
	if (c->state != CONN_CLOSED)
		header_next(c);
}

static void answer_now(struct conn *c)
{
	c->position = 0;
	switch (c->fault->action) {
	case ACTION_ANSWER:
		send_answer(c);
		break;
	case ACTION_STALL:
		c->state = CONN_STALLED;
		break;
	case ACTION_RESET:
		conn_reset(c);
		break;
	case ACTION_DRIP:
		drip_next(c);
		break;
	case ACTION_ENDLESS_HEADERS:
		start_headers(c);
		break;
	case ACTION_GZIP_BOMB:
		start_bomb(c);
		break;
	case ACTION_BIG_BODY:
		start_big_body(c);
		break;
	case ACTION_CLOSE_MID_ANSWER:
		send_status(c, 200, "Content-Length: 1000\r\n");
		conn_send(c, SLICE_LIT("a part of it"));
		conn_close(c);
		break;
	case ACTION_CLOSE_HEADERS:
	case ACTION_CLOSE_BODY:
		conn_close(c);
		break;
	}
}

static void on_delay(uv_timer_t *timer)
{
	answer_now(timer->data);
}

void answer_start(struct conn *c)
{
	if (c->fault->delay_ms)
		conn_later(c, c->fault->delay_ms, on_delay);
	else
		answer_now(c);
}

void answer_release(struct conn *c)
{
	c->fault = &c->sink->plain;
	c->state = CONN_BUSY;
	answer_now(c);
}
