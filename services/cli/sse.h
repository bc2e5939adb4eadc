/*
 * sse - server-sent events out of a stream of bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_SSE_H
#define CLI_SSE_H

#include <stdbool.h>

#include "base/slice.h"

struct sse;

/* on_event gets an event's name ("" if it has none) and its data, both views;
 * false ends the stream. */
struct sse *sse_new(bool (*on_event)(void *arg, const char *name,
				     const char *data),
		    void *arg);
void sse_free(struct sse **s);
/* arg is the struct sse. False once on_event has said so. */
bool sse_push(void *arg, struct slice bytes);

#endif
