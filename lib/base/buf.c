/*
 * buf - a byte buffer that grows up to a cap given at its birth.
 * SPDX-License-Identifier: Apache-2.0
 *
 * There is always one byte allocated behind the used ones, for printf's NUL.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define FIRST_SIZE 64

void buf_init(struct buf *b, size_t max_bytes)
{
	size_t max = max_bytes < SIZE_MAX / 4 ? max_bytes : SIZE_MAX / 4;

	*b = (struct buf){.max = max};
}

void buf_fini(struct buf *b)
{
	free(b->p);
	*b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->full = false;
}

/* Doubles, so that n appends cost O(n) altogether, but not past the cap. */
static void grow(struct buf *b, size_t needed)
{
	size_t size = b->size ? b->size : FIRST_SIZE;

	while (size < needed)
		size *= 2;
	if (size > b->max + 1)
		size = b->max + 1;
	b->p = xrealloc(b->p, size);
	b->size = size;
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (b->full || n > b->max - b->n) {
		b->full = true;
		return NULL;
	}
	if (b->size < b->n + n + 1)
		grow(b, b->n + n + 1);
	return b->p + b->n;
}

void buf_append(struct buf *b, const void *p, size_t n)
{
	char *room;

	if (n == 0)
		return;
	room = buf_reserve(b, n);
	if (!room)
		return;
	memcpy(room, p, n);
	b->n += n;
}

void buf_append_slice(struct buf *b, struct slice s)
{
	buf_append(b, s.p, s.n);
}

void buf_append_str(struct buf *b, const char *s)
{
	buf_append(b, s, strlen(s));
}

void buf_append_char(struct buf *b, char c)
{
	buf_append(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	size_t room = b->size - b->n;
	int n;

	if (b->full)
		return;
	va_start(ap, fmt);
	va_copy(again, ap);
	/* Most texts fit at the first try; the others are made a second time.
	 */
	n = vsnprintf(b->p ? b->p + b->n : NULL, room, fmt, ap);
	must(n >= 0);
	if ((size_t)n >= room) {
		char *p = buf_reserve(b, (size_t)n);

		if (p)
			vsnprintf(p, (size_t)n + 1, fmt, again);
	}
	if (!b->full)
		b->n += (size_t)n;
	va_end(again);
	va_end(ap);
}

char *buf_take(struct buf *b, size_t *n)
{
	char *p = b->p ? b->p : xmalloc(1);

	p[b->n] = '\0';
	if (n)
		*n = b->n;
	*b = (struct buf){.max = b->max};
	return p;
}
