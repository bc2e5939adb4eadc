/*
 * classify - what an answer, or the lack of one, means for the delivery.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: no sockets, no clock, no curl. The transport speaks first: a status
 * means something only when its answer has arrived.
 */
#ifndef SENDER_CLASSIFY_H
#define SENDER_CLASSIFY_H

#include <stdint.h>

#include "base/slice.h"
#include "proto/message.h"

/* Why no whole answer came: name, the code in the attempt log. */
#define FAULTS(F)                                        \
	F(NONE, "")                                      \
	F(URL_REFUSED, "url_refused")                    \
	F(URL_RENDERED, "url_refused")                   \
	F(HEADER_REFUSED, "header_refused")              \
	F(ADDRESS_REFUSED, "address_refused")            \
	F(RESOLVE, "resolve_failed")                     \
	F(PROXY, "proxy_failed")                         \
	F(CONNECT, "connect_failed")                     \
	F(CONNECT_TIMEOUT, "connect_timeout")            \
	F(TLS, "tls_failed")                             \
	F(TLS_CERTIFICATE, "tls_certificate")            \
	F(TLS_CLIENT, "tls_client_certificate")          \
	F(TIMEOUT, "timeout")                            \
	F(RESET, "connection_reset")                     \
	F(NO_ANSWER, "no_answer")                        \
	F(ANSWER_CUT, "answer_cut_short")                \
	F(ANSWER_MALFORMED, "answer_malformed")          \
	F(HEADERS_TOO_LARGE, "answer_headers_too_large") \
	F(HTTP2, "http2_failed")                         \
	F(INTERNAL, "internal")

enum fault {
#define F(name, text) FAULT_##name,
	FAULTS(F)
#undef F
};

/* What the receiver asked for with the header webhook-delivery. */
enum directive {
	DIRECTIVE_NONE,
	DIRECTIVE_ABORT,   /* "abort-message": this delivery is dead */
	DIRECTIVE_DISABLE, /* "disable": and the webhook is disabled */
};

#define RETRY_AFTER_MS_MAX (24u * 60 * 60 * 1000)
#define VERDICT_ERROR_SIZE 32

struct verdict {
	enum outcome outcome;
	uint64_t retry_after_ms;	/* 0: none asked for */
	char error[VERDICT_ERROR_SIZE]; /* a short code; "" when delivered */
};

const char *fault_text(enum fault fault);
/* retry_after: the header's value, empty when there was none. status is 0 when
 * no status line arrived. */
void classify(enum fault fault, unsigned status, enum directive directive,
	      struct slice retry_after, uint64_t wall_now_ms,
	      struct verdict *verdict);
/* Seconds or an HTTP date, as milliseconds from now, at most 24 h; 0 when it is
 * neither or has passed. */
uint64_t retry_after_parse(struct slice value, uint64_t wall_now_ms);

#endif
