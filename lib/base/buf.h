/*
 * buf - a byte buffer that grows up to a cap given at its birth.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Once an append would pass the cap the buffer is "full": it keeps what it had,
 * every later append does nothing, and buf_full() says so. Callers therefore
 * append freely and check once at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct buf {
	char *p;     /* owned */
	size_t n;    /* bytes in use */
	size_t size; /* bytes allocated */
	size_t max;  /* the cap */
	bool full;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_fini(struct buf *b);
/* Empties it and keeps the memory; clears "full". */
void buf_reset(struct buf *b);
void buf_append(struct buf *b, const void *p, size_t n);
void buf_append_slice(struct buf *b, struct slice s);
void buf_append_str(struct buf *b, const char *s);
void buf_append_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Room for n more bytes at the returned place, or NULL when full; the caller
 * writes there and then adds what it wrote to b->n. */
char *buf_reserve(struct buf *b, size_t n);
/* Hands the memory to the caller (free it); the buffer is empty afterwards. */
char *buf_take(struct buf *b, size_t *n);

static inline bool buf_full(const struct buf *b)
{
	return b->full;
}

static inline struct slice buf_slice(const struct buf *b)
{
	return (struct slice){b->p, b->n};
}

#endif
