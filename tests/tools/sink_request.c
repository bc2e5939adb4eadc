/*
 * sink_request - the head of an HTTP/1.1 request, as much as a sink needs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sink_request.h"

#include <string.h>

#include "base/text.h"

/* Up to the first byte c, which is taken too; all of it if there is none. */
static struct slice cut(struct slice *s, char c)
{
	const char *end = s->n ? memchr(s->p, c, s->n) : NULL;
	size_t n = end ? (size_t)(end - s->p) : s->n;
	struct slice part = {s->p, n};

	s->p += end ? n + 1 : n;
	s->n -= end ? n + 1 : n;
	return part;
}

static struct slice trim(struct slice s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static bool header_is(struct slice name, const char *lower)
{
	return slice_eq_nocase(name, slice_of(lower));
}

static enum err take_header(struct request_head *head, struct slice line)
{
	struct slice name = cut(&line, ':');
	struct slice value = trim(line);

	if (name.n == 0)
		return ERR_MALFORMED;
	/* By length first: most headers of a request are none of these. */
	if (name.n == 10 && header_is(name, "webhook-id"))
		head->id = value;
	else if (name.n == 10 && header_is(name, "connection"))
		head->close = slice_eq_nocase(value, SLICE_LIT("close"));
	else if (name.n == 14 && header_is(name, "content-length") &&
		 !slice_parse_u64(value, &head->body_bytes))
		return ERR_MALFORMED;
	else if (name.n == 17 && header_is(name, "transfer-encoding"))
		head->chunked = true;
	else if (name.n == 6 && header_is(name, "expect"))
		head->expect = true;
	return ERR_OK;
}

enum err request_parse(struct slice in, struct request_head *head)
{
	const char *end = in.n ? memmem(in.p, in.n, "\r\n\r\n", 4) : NULL;
	struct slice lines, line;
	enum err e = ERR_OK;

	if (!end)
		return ERR_AGAIN;
	*head = (struct request_head){.length = (size_t)(end - in.p) + 4};
	lines = slice_bytes(in.p, (size_t)(end - in.p));
	line = trim(cut(&lines, '\n'));
	head->method = cut(&line, ' ');
	head->target = cut(&line, ' ');
	if (line.n < 7 || memcmp(line.p, "HTTP/1.", 7) != 0)
		return ERR_MALFORMED;
	while (lines.n && e == ERR_OK)
		e = take_header(head, cut(&lines, '\n'));
	return e;
}

struct slice request_path(const struct request_head *head)
{
	struct slice rest = head->target;

	return cut(&rest, '?');
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void decode_into(struct slice in, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n && n + 1 < size; i++) {
		int high = -1, low = -1;

		if (in.p[i] == '%' && i + 2 < in.n) {
			high = hex_digit(in.p[i + 1]);
			low = hex_digit(in.p[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			out[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			out[n++] = in.p[i] == '+' ? ' ' : in.p[i];
		}
	}
	out[n] = '\0';
}

bool query_next(struct slice *query, struct slice *name, char *value,
		size_t size)
{
	struct slice pair;

	if (query->n == 0)
		return false;
	pair = cut(query, '&');
	*name = cut(&pair, '=');
	decode_into(pair, value, size);
	return true;
}

bool query_value(struct slice query, const char *name, char *out, size_t size)
{
	struct slice found;

	while (query_next(&query, &found, out, size))
		if (slice_eq_str(found, name))
			return true;
	return false;
}
