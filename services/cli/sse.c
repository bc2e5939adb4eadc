/*
 * sse - server-sent events out of a stream of bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lines may be cut anywhere. A line or an event that is too long is left out.
 */
#include "sse.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

#define LINE_BYTES_MAX (256 * 1024)

struct sse {
	bool (*on_event)(void *arg, const char *name, const char *data);
	void *arg; /* borrowed */
	struct buf line, data;
	char name[64];
};

struct sse *sse_new(bool (*on_event)(void *arg, const char *name,
				     const char *data),
		    void *arg)
{
	struct sse *s = xcalloc(1, sizeof(*s));

	s->on_event = on_event;
	s->arg = arg;
	buf_init(&s->line, LINE_BYTES_MAX);
	buf_init(&s->data, LINE_BYTES_MAX);
	return s;
}

void sse_free(struct sse **s)
{
	if (!*s)
		return;
	buf_fini(&(*s)->line);
	buf_fini(&(*s)->data);
	free(*s);
	*s = NULL;
}

/* The rest of the line if it is this field's; one space after the colon goes.
 */
static bool field(struct slice line, const char *name, struct slice *value)
{
	size_t n = strlen(name);

	if (line.n <= n || memcmp(line.p, name, n) != 0 || line.p[n] != ':')
		return false;
	*value = slice_bytes(line.p + n + 1, line.n - n - 1);
	if (value->n && value->p[0] == ' ')
		*value = slice_bytes(value->p + 1, value->n - 1);
	return true;
}

/* An empty line ends an event. */
static bool dispatch(struct sse *s)
{
	bool go = true;

	if (s->data.n && !buf_full(&s->data)) {
		buf_append_char(&s->data, '\0');
		if (!buf_full(&s->data))
			go = s->on_event(s->arg, s->name, s->data.p);
	}
	buf_reset(&s->data);
	s->name[0] = '\0';
	return go;
}

static bool end_of_line(struct sse *s)
{
	struct slice line = buf_slice(&s->line), value;
	bool go = true;

	if (buf_full(&s->line))
		go = true;
	else if (!line.n)
		go = dispatch(s);
	else if (field(line, "event", &value))
		(void)slice_cstr(s->name, sizeof(s->name), value);
	else if (field(line, "data", &value)) {
		if (s->data.n)
			buf_append_char(&s->data, '\n');
		buf_append_slice(&s->data, value);
	}
	buf_reset(&s->line);
	return go;
}

bool sse_push(void *arg, struct slice bytes)
{
	struct sse *s = arg;

	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == '\r')
			continue;
		if (bytes.p[i] != '\n')
			buf_append_char(&s->line, bytes.p[i]);
		else if (!end_of_line(s))
			return false;
	}
	return true;
}
