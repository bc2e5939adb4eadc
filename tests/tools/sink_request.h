/*
 * sink_request - the head of an HTTP/1.1 request, as much as a sink needs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: bytes in, a record out. Knows no sockets.
 */
#ifndef TOOLS_SINK_REQUEST_H
#define TOOLS_SINK_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

/* All slices are views into the head. */
struct request_head {
	struct slice method, target, id; /* id: webhook-id, or empty */
	uint64_t body_bytes;
	bool close;    /* Connection: close */
	bool expect;   /* Expect: 100-continue */
	bool chunked;  /* which this sink refuses */
	size_t length; /* of the head with its empty line */
};

/* ERR_AGAIN: the empty line has not come yet. ERR_MALFORMED: not HTTP/1. */
MUST_CHECK enum err request_parse(struct slice in, struct request_head *head);
/* The target up to its query. */
struct slice request_path(const struct request_head *head);
/* The value of name in a query ("a=1&b"), percent-decoded into out, or false.
 */
bool query_value(struct slice query, const char *name, char *out, size_t size);
/* Takes the next "name=value" off the front of *query. False at the end; value
 * is empty where there is none. */
bool query_next(struct slice *query, struct slice *name, char *value,
		size_t size);

#endif
