/*
 * mem - allocation that never fails, and the two ways a process ends itself.
 * SPDX-License-Identifier: Apache-2.0
 *
 * State is durable in Redis, so running out of memory aborts and a restart is
 * the recovery. Sizes that come from outside are checked before they get here.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdnoreturn.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n)
    __attribute__((malloc, returns_nonnull));
/* Formats into a new string that the caller owns. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Overwrites a string, frees it and forgets it; *secret may be NULL. */
void mem_wipe(char **secret);

/* Our own bug: one line with place and text, then abort(). Always compiled in.
 */
#define must(cond)                                              \
	do {                                                    \
		if (!(cond))                                    \
			must_failed(#cond, __FILE__, __LINE__); \
	} while (0)
noreturn void must_failed(const char *cond, const char *file, int line);

/* The environment is wrong at start: one line on standard error, then exit. */
noreturn void fatal(int exit_code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
