/*
 * log - logfmt on standard error, one line for one fact.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns the only settings of a process that are not handed around: its name in
 * the log and the level. A line is made on the stack and written at once, so it
 * never mixes with another process's and never waits for memory.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_SIZE 4096 /* what a pipe takes in one piece */
#define QUIET_MS 1000

static struct {
	const char *service; /* borrowed for ever */
	enum log_level level;
} self = {"postrider", LOG_INFO};

struct line {
	char text[LINE_SIZE];
	size_t n;
};

void log_setup(const char *service, enum log_level level)
{
	self.service = service;
	self.level = level;
}

bool log_enabled(enum log_level level)
{
	return level <= self.level;
}

static void line_vadd(struct line *l, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
static void line_add(struct line *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Cuts what is too long, keeping a byte for the end of the line. */
static void line_vadd(struct line *l, const char *fmt, va_list ap)
{
	size_t room = sizeof(l->text) - 1 - l->n;
	int n = vsnprintf(l->text + l->n, room, fmt, ap);

	if (n > 0)
		l->n += (size_t)n < room ? (size_t)n : room - 1;
}

static void line_add(struct line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_vadd(l, fmt, ap);
	va_end(ap);
}

/* One fact stays one line, whatever a careless caller printed. */
static void line_flatten(struct line *l)
{
	for (size_t i = 0; i < l->n; i++) {
		unsigned char c = (unsigned char)l->text[i];

		if (c < 0x20 || c == 0x7f)
			l->text[i] = '?';
	}
}

static void line_write(struct line *l)
{
	ssize_t n;

	l->text[l->n++] = '\n';
	do {
		n = write(STDERR_FILENO, l->text, l->n);
	} while (n < 0 && errno == EINTR);
	/* A log that nobody takes must not stop the work: the line is lost. */
}

/* True when this line is only counted. */
static bool suppress(struct log_site *site, uint64_t now)
{
	if (site->last_ms && now - site->last_ms < QUIET_MS) {
		site->suppressed++;
		return true;
	}
	site->last_ms = now;
	return false;
}

void log_write(struct log_site *site, enum log_level level, const char *event,
	       const char *fmt, ...)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	bool limited = site && level <= LOG_WARN;
	char ts[RFC3339_SIZE];
	struct line l;
	va_list ap;

	if (limited && suppress(site, now_ms()))
		return;
	l.n = 0;
	line_add(&l, "ts=%s level=%s service=%s event=%s",
		 rfc3339_format(ts, wall_ms()), names[level], self.service,
		 event);
	if (limited && site->suppressed) {
		line_add(&l, " suppressed=%llu",
			 (unsigned long long)site->suppressed);
		site->suppressed = 0;
	}
	if (fmt[0]) {
		line_add(&l, " ");
		va_start(ap, fmt);
		line_vadd(&l, fmt, ap);
		va_end(ap);
	}
	line_flatten(&l);
	line_write(&l);
}

/* How many bytes at p go through as they are; 0: escape the first. */
static size_t plain_bytes(const unsigned char *p, bool utf8)
{
	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f && p[0] != '"' &&
		       p[0] != '\\';
	/* A tail stands alone only when its head was escaped: C1 controls. */
	if (!utf8 || p[0] < 0xc0 || (p[0] == 0xc2 && p[1] < 0xa0))
		return 0;
	return p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
}

/* At most four characters. Returns how many. */
static size_t escape(char out[5], unsigned char c)
{
	static const char shorts[] = "\"\"\\\\\nn\rr\tt";

	for (const char *s = shorts; *s; s += 2) {
		if ((unsigned char)s[0] == c) {
			out[0] = '\\';
			out[1] = s[1];
			return 2;
		}
	}
	return (size_t)snprintf(out, 5, "\\x%02x", c);
}

char *log_quote(char *out, size_t size, struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	bool utf8 = slice_is_utf8(s);
	size_t n = 0;

	if (size < 3) {
		if (size)
			out[0] = '\0';
		return out;
	}
	out[n++] = '"';
	for (size_t i = 0; i < s.n;) {
		char escaped[5];
		size_t used = plain_bytes(p + i, utf8);
		size_t len = used ? used : escape(escaped, p[i]);

		if (n + len + 2 > size)
			break;
		memcpy(out + n, used ? s.p + i : escaped, len);
		n += len;
		i += used ? used : 1;
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}
