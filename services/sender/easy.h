/*
 * easy - one libcurl handle, prepared for all requests of one plan.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Options are set once; from one request to the next only the body and the text
 * of three headers change, in place. The struct is shared by easy, attempt,
 * pool and stock, and by nobody else.
 */
#ifndef SENDER_EASY_H
#define SENDER_EASY_H

#include <curl/curl.h>

#include "answer.h"
#include "base/list.h"
#include "base/slice.h"
#include "plan.h"
#include "route.h"
#include "net/egress.h"
#include "net/target.h"
#include "task.h"
#include "trace.h"

struct pool;

/* What every handle needs; borrowed for the handle's life. */
struct easy_options {
	struct pool *pool;
	const struct target_rules *rules;
	const struct egress_sources *sources;
	const char *proxy;   /* NULL: none */
	const char *ca_file; /* NULL: libcurl's default */
	bool dev;
};

struct easy {
	CURL *curl; /* owned */
	const struct easy_options *options;
	struct plan *plan; /* one reference; NULL before easy_prepare() */
	CURLU *url;	   /* owned; parsed */
	struct curl_slist *nodes; /* owned; their texts are not */
	struct list in_plan, in_stock;
	struct list in_wait;	 /* while its name is looked up, for a proxy */
	struct curl_slist route; /* of one node: where the proxy connects to */
	char route_text[ROUTE_TEXT_SIZE];
	uint64_t idle_since_ms; /* while in the stock */
	char id_line[64], time_line[64];
	char signature_line[SIGNATURE_SIZE + 32];
	char error[CURL_ERROR_SIZE]; /* libcurl's text of the last failure */

	/* The request under way. */
	struct task *task; /* owned; NULL while idle */
	uint64_t started_us, started_ms;
	enum fault fault; /* why it cannot begin, or FAULT_NONE */
	bool begun;	  /* libcurl has it: its figures are this request's */
	bool refused, opened; /* an address was refused, a socket was opened */
	bool tunnelled;	      /* the proxy has done its part */
	struct answer answer;
	struct trace *trace; /* owned; NULL: nobody wants to know */
};

/* Once a process, before the first handle. False, with a text: no such libcurl
 * as we need. */
bool easy_global_init(char *error, size_t error_size);
void easy_global_fini(void);
/* The file of trust roots that libcurl was built with; NULL: none. */
const char *easy_default_ca_file(void);

struct easy *easy_new(const struct easy_options *options);
void easy_free(struct easy **e);
/* Makes it a handle of this plan; takes a reference. */
void easy_prepare(struct easy *e, struct plan *plan);
/* The URL of the next request alone, where the plan has merge fields. False:
 * libcurl does not take it. */
bool easy_set_url(struct easy *e, const char *url);
/* The headers of one request; its body is e->task's. */
void easy_set_request(struct easy *e, const char *event_id,
		      struct slice timestamp, uint64_t wall_now_ms);
/* For a request through a proxy, which is told this address, not the name. */
void easy_set_route(struct easy *e, const struct target_address *address);
/* Everything of the next request is written down. */
void easy_trace(struct easy *e);
/* As a frame of one; ends the tracing. The caller frees the bytes. */
char *easy_untrace(struct easy *e, size_t *n);
/* Why the transfer ended; code is a CURLcode. */
enum fault easy_fault(const struct easy *e, int code);
unsigned easy_status(const struct easy *e);

struct easy_times {
	uint64_t connect_us, answer_us, total_us;
};
struct easy_times easy_times(const struct easy *e);

#endif
