/*
 * answer - what is kept of a receiver's answer, and how much is read at all.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Fed with header lines and decompressed body bytes as they arrive; says when
 * enough has been read. Knows no sockets.
 */
#ifndef SENDER_ANSWER_H
#define SENDER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "classify.h"
#include "proto/messages.h"

#define ANSWER_HEADER_BYTES_MAX                                            \
	65536			    /* all header lines, 1xx ones included \
				     */
#define ANSWER_BODY_BYTES_MAX 65536 /* after decompression */

struct answer {
	size_t header_bytes, body_bytes;
	bool headers_too_large; /* reading stopped there: no answer */
	bool body_cut; /* reading stopped there: the status counts all the same
			*/
	/* All of it has arrived, as its headers tell, whatever happens to the
	 * connection afterwards. Not found out where they do not tell. */
	bool complete;
	bool http2, encoded;
	unsigned status; /* of the newest status line; 1xx: more will follow */
	uint64_t content_length; /* UINT64_MAX: not known */
	enum directive directive;
	size_t retry_after_n, snippet_n;
	char retry_after[RETRY_AFTER_BYTES_MAX];
	char snippet[SNIPPET_BYTES_MAX]; /* the body's first bytes */
};

void answer_reset(struct answer *a);
/* One line, with or without its CRLF; a status line starts a new answer. False:
 * stop reading. */
bool answer_header(struct answer *a, struct slice line);
/* False: stop reading, body_cut is set. */
bool answer_body(struct answer *a, struct slice bytes);

#endif
