/*
 * sink_rules - how the receiver behaves towards which request.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A behaviour is set option by option, by the same names as flags, as the query
 * of /_control and as segments of a path: a webhook on /status/503/every/3/a
 * needs no set-up. Knows neither sockets nor the clock.
 */
#ifndef TOOLS_SINK_RULES_H
#define TOOLS_SINK_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

enum action {
	ACTION_ANSWER,		/* status, headers and body as set */
	ACTION_STALL,		/* take the request and never answer */
	ACTION_RESET,		/* RST in place of an answer */
	ACTION_DRIP,		/* the answer byte by byte */
	ACTION_ENDLESS_HEADERS, /* header lines for ever */
	ACTION_GZIP_BOMB,	/* zeros for ever, packed 158 to 1 */
	ACTION_BIG_BODY,	/* so many bytes */
	ACTION_CLOSE_HEADERS,	/* close once the head has been read */
	ACTION_CLOSE_BODY,	/* close once the body has been read */
	ACTION_CLOSE_MID_ANSWER /* close within the answer's body */
};

struct behaviour {
	enum action action;
	unsigned status;
	uint64_t every; /* the K-th request of the path gets it; 0, 1: each */
	uint64_t tries; /* only the first N receipts of an id get it; 0: all */
	uint64_t delay_ms;
	uint64_t close_after; /* close the connection after N requests */
	uint64_t big_body_bytes;
	uint64_t drip_ms;	     /* between two bytes */
	uint64_t retry_after_date_s; /* Retry-After as a date so far ahead */
	bool slow_read;		     /* read a few bytes a second */
	char headers[1024];	     /* lines ready to be sent */
	char body[1024];
};

/* What a request gets that meets no fault: 204 at once. */
void behaviour_init(struct behaviour *b);
/* False: no such option, or not its kind of value. value may be NULL. */
bool behaviour_set(struct behaviour *b, struct slice name, const char *value);
/* Does this option need a value? */
bool behaviour_takes_value(struct slice name);
/* Reads the segments that are options; the others are only a name. True when
 * there was one. */
bool behaviour_from_path(struct behaviour *b, const char *path);
/* The options, one to a line, for --help. */
void behaviour_help(struct buf *out);

#endif
