/*
 * transport - what every request we make has in common, whatever it is for: a
 * libcurl handle that opens only sockets that it may, trusts whom it should,
 * goes through the proxy if there is one, and can tell why it failed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Embedded in the struct of a request, which sets the rest: method, URL,
 * headers, body, time-out and what becomes of the answer.
 */
#ifndef CURL_TRANSPORT_H
#define CURL_TRANSPORT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "curl/fault.h"
#include "curl/pool.h"
#include "curl/route.h"
#include "net/egress.h"
#include "net/target.h"
#include "net/url.h"

/* All borrowed for the handle's life. */
struct transport_options {
	struct pool *pool;
	const struct target_rules *rules;
	const struct egress_sources *sources;
	const char *proxy;   /* NULL: none */
	const char *ca_file; /* NULL: libcurl's default */
	bool dev;	     /* http:// is allowed */
};

/* While a name is looked up for it: dial's own. */
struct dial {
	struct list in_name, in_dialer;
	const struct url_parts *at; /* borrowed */
	uint64_t attempt, since_us;
};

struct transport {
	CURL *curl; /* owned */
	const struct transport_options *options;
	struct dial dial;
	unsigned share; /* of the pool, by the host: dial's */
	/* Of the request under way. */
	enum fault fault; /* why it cannot begin, or FAULT_NONE */
	bool begun;	  /* libcurl has it: its figures are this request's */
	bool refused, opened; /* an address was refused, a socket was opened */
	bool tunnelled;	      /* the proxy has done its part */
	char error[CURL_ERROR_SIZE]; /* libcurl's text of the failure */
	struct curl_slist route; /* of one node: where a proxy connects to */
	char route_text[ROUTE_TEXT_SIZE];
};

/* Once a process, before the first handle. False, with a text: no such libcurl
 * as we need. */
bool transport_global_init(char *error, size_t error_size);
void transport_global_fini(void);
/* The file of trust roots that libcurl was built with; NULL: none. */
const char *transport_default_ca_file(void);

/* request: what the pool gives back at the end of a transfer. */
void transport_init(struct transport *t,
		    const struct transport_options *options, void *request);
/* The transfer is given up if it is under way. */
void transport_fini(struct transport *t);

/* Before each request: forgets how the last one went. */
void transport_reset(struct transport *t);
/* For a request through a proxy, which is told this address, not the name. */
void transport_set_route(struct transport *t,
			 const struct target_address *address, uint16_t port);
/* The transfer begins with the next pool_turn(). False: t->fault says why not,
 * which it may have done before. */
bool transport_start(struct transport *t);

/* Why the transfer ended; code is a CURLcode. What the answer itself says is
 * the caller's to look at first. */
enum fault transport_fault(const struct transport *t, int code);
/* Of the answer; 0: none. */
unsigned transport_status(const struct transport *t);
/* One of libcurl's times; 0: not got that far. */
uint64_t transport_time_us(const struct transport *t, CURLINFO info);

#endif
