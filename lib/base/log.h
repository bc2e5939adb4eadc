/*
 * log - logfmt on standard error, one line for one fact.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   log_info("lease_taken", "partition=%d epoch=%d", p, e);
 *   ts=2026-11-23T08:16:45.000Z level=info service=router event=lease_taken …
 *
 * Never bodies, Authorization, keys, tokens or query strings. Text from outside
 * goes through log_quote(). A call site that repeats within a second is counted
 * and printed later with suppressed=N (warnings and errors only).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log_site {
	uint64_t last_ms;
	uint64_t suppressed;
};

/* service is borrowed for ever (a literal). */
void log_setup(const char *service, enum log_level level);
bool log_enabled(enum log_level level);
void log_write(struct log_site *site, enum log_level level, const char *event,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Quotes and escapes into out (cut to its size). Returns out. */
char *log_quote(char *out, size_t size, struct slice s);

#define LOG_AT(level, event, ...)                                         \
	do {                                                              \
		static struct log_site log_site_;                         \
		if (log_enabled(level))                                   \
			log_write(&log_site_, level, event, __VA_ARGS__); \
	} while (0)
#define log_error(event, ...) LOG_AT(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...) LOG_AT(LOG_WARN, event, __VA_ARGS__)
#define log_info(event, ...) LOG_AT(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) LOG_AT(LOG_DEBUG, event, __VA_ARGS__)

#endif
