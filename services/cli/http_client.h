/*
 * http_client - HTTP out of the command line. Its one home of curl_*.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_HTTP_CLIENT_H
#define CLI_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

#define HTTP_ANSWER_BYTES_MAX (64 * 1024 * 1024)

struct http_client;

struct http_answer {
	long status; /* 0: none arrived */
	struct buf body;
	char error[256]; /* why none arrived */
	bool bad_url;	 /* and that it was the URL's fault */
};

/* Connects only when called; one connection is kept. key: NULL, or the bearer
 * token. Both are copied. */
struct http_client *http_client_new(const char *base_url, const char *key);
void http_client_free(struct http_client **c);
/* How long a call may take from now on, 60 s unless set. Streams have no end.
 */
void http_client_limit(struct http_client *c, long timeout_ms);

/* path begins with '/' and is percent-encoded; body.p NULL: none, else JSON.
 * Fills in the answer, to be finished with http_answer_fini. False: no answer.
 */
bool http_client_call(struct http_client *c, const char *method,
		      const char *path, struct slice body,
		      struct http_answer *answer);
/* With header lines of the caller's and no others; body.p NULL: none. */
bool http_client_pass(struct http_client *c, const char *method,
		      const char *path, const char *const *headers, size_t n,
		      struct slice body, struct http_answer *answer);
/* The same as http_client_call with GET, without an end: a 200's bytes go to
 * on_bytes as they come, until it returns false (then true is returned) or the
 * server ends. Any other answer is kept as above. */
bool http_client_stream(struct http_client *c, const char *path,
			bool (*on_bytes)(void *arg, struct slice bytes),
			void *arg, struct http_answer *answer);
void http_answer_fini(struct http_answer *answer);

#endif
