/*
 * trace - what one request and its answer were, byte by byte, for a test send.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Fed with what libcurl says that it sends and receives. Secrets are masked
 * before anything leaves: the values of Authorization, Proxy-Authorization and
 * of the webhook's own headers. Knows no curl.
 */
#ifndef SENDER_TRACE_H
#define SENDER_TRACE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "proto/message.h"
#include "store/config.h"

#define TRACE_HEAD_BYTES_MAX 131072
#define TRACE_BODY_BYTES_MAX 65536

struct trace {
	struct buf request, answer, body;
	bool cut; /* more of the body came than is kept */
};

struct trace *trace_new(void);
void trace_free(struct trace **t);
/* Bytes of a request's head, which may be a proxy's first. */
void trace_request(struct trace *t, struct slice bytes);
/* A line of an answer's head; a status line begins a new one. */
void trace_answer(struct trace *t, struct slice line);
void trace_body(struct trace *t, struct slice bytes);
/* The body that a journey's call was rendered to; m has a view of it. */
void trace_call(struct msg_trace *m, struct slice body);
/* Masks the head and fills these fields of m; they are views of t. */
void trace_fill(struct trace *t, const struct webhook *w, struct msg_trace *m);

#endif
