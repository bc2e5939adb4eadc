/*
 * earlier - the first try of a task whose token was refused, while the second
 * is made.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SENDER_EARLIER_H
#define SENDER_EARLIER_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "proto/message.h"

struct earlier {
	uint64_t number;	 /* of the token */
	size_t frame_n, trace_n; /* of bytes */
	char *frame, *trace;	 /* owned; a test send's has a trace */
};

/* Copies what it keeps of r. */
struct earlier *earlier_new(const struct msg_result *r, uint64_t number);
void earlier_free(struct earlier **e);
/* As a result's field: without the trace. */
struct slice earlier_frame(const struct earlier *e);
/* As it was; a view of e. */
void earlier_result(const struct earlier *e, struct msg_result *r);

#endif
