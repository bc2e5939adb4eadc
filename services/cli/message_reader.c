/*
 * message_reader - JSON objects out of a stream: lines, a list, or spread out.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "message_reader.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

struct message_reader {
	FILE *in; /* borrowed */
	struct buf object;
	uint64_t line; /* of the next character */
};

struct message_reader *message_reader_new(FILE *in)
{
	struct message_reader *r = xcalloc(1, sizeof(*r));

	r->in = in;
	r->line = 1;
	buf_init(&r->object, MESSAGE_BYTES_MAX);
	return r;
}

void message_reader_free(struct message_reader **r)
{
	if (!*r)
		return;
	buf_fini(&(*r)->object);
	free(*r);
	*r = NULL;
}

static int next_char(struct message_reader *r)
{
	int c = getc_unlocked(r->in);

	r->line += c == '\n';
	return c;
}

/* Between objects stand spaces and the signs of a list. */
static int skip_between(struct message_reader *r)
{
	int c;

	do
		c = next_char(r);
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' ||
	       c == '[' || c == ']');
	return c;
}

/* Reads up to the bracket that closes the object. */
static enum err read_object(struct message_reader *r)
{
	bool in_string = false, escaped = false;
	int depth = 1, c;

	while (depth > 0) {
		c = next_char(r);
		if (c == EOF)
			return ferror(r->in) ? ERR_IO : ERR_MALFORMED;
		buf_append_char(&r->object, (char)c);
		if (buf_full(&r->object))
			return ERR_TOO_LARGE;
		if (in_string) {
			in_string = escaped || c != '"';
			escaped = !escaped && c == '\\';
		} else {
			in_string = c == '"';
			depth += c == '{' || c == '[';
			depth -= c == '}' || c == ']';
		}
	}
	return ERR_OK;
}

enum err message_reader_next(struct message_reader *r, struct slice *object,
			     uint64_t *line)
{
	int c = skip_between(r);
	enum err e;

	*line = r->line;
	if (c == EOF)
		return ferror(r->in) ? ERR_IO : ERR_CLOSED;
	if (c != '{')
		return ERR_MALFORMED;
	buf_reset(&r->object);
	buf_append_char(&r->object, '{');
	e = read_object(r);
	*object = buf_slice(&r->object);
	return e;
}
