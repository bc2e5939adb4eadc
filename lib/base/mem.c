/*
 * mem - allocation that never fails, and the two ways a process ends itself.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Knows nothing of the log: what ends a process must work before the log does.
 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAST_LINE_SIZE 1024

/* One write, so that the lines of two dying processes do not mix. */
static void write_last_line(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

static void write_last_line(const char *fmt, va_list ap)
{
	char line[LAST_LINE_SIZE];
	int n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	size_t len = n < 0 ? 0 : (size_t)n;
	ssize_t written;

	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	written = write(STDERR_FILENO, line, len);
	(void)written; /* there is nobody left to tell */
}

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_last_line(fmt, ap);
	va_end(ap);
}

noreturn void must_failed(const char *cond, const char *file, int line)
{
	say("level=error event=bug at=%s:%d must=\"%s\"", file, line, cond);
	abort();
}

noreturn void fatal(int exit_code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_last_line(fmt, ap);
	va_end(ap);
	exit(exit_code);
}

static noreturn void out_of_memory(size_t size)
{
	say("level=error event=out_of_memory size_bytes=%zu", size);
	abort();
}

/* An allocation of nothing may give NULL, which our callers never expect. */
static size_t at_least_one(size_t size)
{
	return size ? size : 1;
}

void *xmalloc(size_t size)
{
	void *p = malloc(at_least_one(size));

	if (!p)
		out_of_memory(size);
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(at_least_one(count), at_least_one(size));

	if (!p)
		out_of_memory(size);
	return p;
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, at_least_one(size));

	if (!p)
		out_of_memory(size);
	return p;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, SIZE_MAX);
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = xmalloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory(0);
	return s;
}

void mem_wipe(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}
