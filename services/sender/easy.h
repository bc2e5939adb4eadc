/*
 * easy - one libcurl handle, prepared for all requests of one plan.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Options are set once; from one request to the next only the body and the text
 * of three headers change, in place. The struct is shared by easy, attempt
 * and stock, and by nobody else.
 */
#ifndef SENDER_EASY_H
#define SENDER_EASY_H

#include "answer.h"
#include "base/buf.h"
#include "base/list.h"
#include "base/slice.h"
#include "curl/transport.h"
#include "plan.h"
#include "task.h"
#include "trace.h"

struct easy {
	struct transport transport;
	struct plan *plan; /* one reference; NULL before easy_prepare() */
	CURLU *url;	   /* owned; parsed */
	struct curl_slist *nodes; /* owned; their texts are not */
	struct list in_plan, in_stock;
	uint64_t idle_since_ms; /* while in the stock */
	char id_line[64], time_line[64];
	char signature_line[SIGNATURE_SIZE + 32];

	/* The request under way. */
	struct task *task; /* owned; NULL while idle */
	uint64_t started_us, started_ms;
	size_t body_n;
	struct answer answer;
	bool keeps;	 /* somebody wants to have the answer's whole body */
	struct buf body; /* of it, then */
	struct trace *trace; /* owned; NULL: nobody wants to know */
};

struct easy *easy_new(const struct transport_options *options);
void easy_free(struct easy **e);
/* Makes it a handle of this plan; takes a reference. */
void easy_prepare(struct easy *e, struct plan *plan);
/* The URL of the next request alone, where the plan has merge fields or is a
 * journey's. False: libcurl does not take it. */
bool easy_set_url(struct easy *e, const char *url);
/* The headers of one request; its body is e->task's, or its call's. */
void easy_set_request(struct easy *e, const char *event_id,
		      struct slice timestamp, uint64_t wall_now_ms);
/* The answer's body is kept until easy_forget(). */
void easy_keep(struct easy *e);
void easy_forget(struct easy *e);
/* Everything of the next request is written down. */
void easy_trace(struct easy *e);
/* As a frame of one; ends the tracing. The caller frees the bytes. */
char *easy_untrace(struct easy *e, size_t *n);
/* Why the transfer ended; code is a CURLcode. */
enum fault easy_fault(const struct easy *e, int code);

struct easy_times {
	uint64_t connect_us, answer_us, total_us;
};
struct easy_times easy_times(const struct easy *e);

#endif
