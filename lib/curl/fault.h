/*
 * fault - why no whole answer came.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CURL_FAULT_H
#define CURL_FAULT_H

/* Name, and the short code that users are shown. */
#define FAULTS(F)                                        \
	F(NONE, "")                                      \
	F(URL_REFUSED, "url_refused")                    \
	F(URL_RENDERED, "url_refused")                   \
	F(HEADER_REFUSED, "header_refused")              \
	F(TEMPLATE_REFUSED, "template")                  \
	F(TEMPLATE_RENDERED, "template")                 \
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

const char *fault_text(enum fault fault);

#endif
