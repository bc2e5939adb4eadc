/*
 * proxy - libcurl's options for a proxy, and whose fault it was.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curl/proxy.h"

#include "base/mem.h"
#include "curl/transport.h"

#define SET(t, option, value) \
	must(curl_easy_setopt((t)->curl, option, value) == CURLE_OK)

/* TLS to the receiver begins: so far it was between us and the proxy. */
static CURLcode on_tls(CURL *curl, void *ssl_ctx, void *arg)
{
	struct transport *t = arg;

	(void)curl;
	(void)ssl_ctx;
	t->tunnelled = true;
	return CURLE_OK;
}

void proxy_set(struct transport *t)
{
	if (!t->options->proxy) {
		/* None from the environment, and no look into it. */
		SET(t, CURLOPT_NOPROXY, "*");
		return;
	}
	SET(t, CURLOPT_NOPROXY, "");
	SET(t, CURLOPT_PROXY, t->options->proxy);
	SET(t, CURLOPT_HTTPPROXYTUNNEL, 1L);
	/* Its answer is not the receiver's, and our headers are not for it. */
	SET(t, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(t, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	SET(t, CURLOPT_SSL_CTX_FUNCTION, on_tls);
	SET(t, CURLOPT_SSL_CTX_DATA, t);
}

static bool is_done(const struct transport *t)
{
	long status = 0;
	curl_off_t us = 0;

	(void)curl_easy_getinfo(t->curl, CURLINFO_PRETRANSFER_TIME_T, &us);
	(void)curl_easy_getinfo(t->curl, CURLINFO_HTTP_CONNECTCODE, &status);
	return t->tunnelled || status / 100 == 2 || us > 0;
}

/* The proxy works, and says that the receiver cannot be reached. */
static bool cannot_connect(const struct transport *t)
{
	long status = 0, reply = 0;

	(void)curl_easy_getinfo(t->curl, CURLINFO_HTTP_CONNECTCODE, &status);
	(void)curl_easy_getinfo(t->curl, CURLINFO_PROXY_ERROR, &reply);
	return status >= 500 || reply == CURLPX_REPLY_NETWORK_UNREACHABLE ||
	       reply == CURLPX_REPLY_HOST_UNREACHABLE ||
	       reply == CURLPX_REPLY_CONNECTION_REFUSED ||
	       reply == CURLPX_REPLY_TTL_EXPIRED;
}

enum fault proxy_fault(const struct transport *t, int code)
{
	if (!t->options->proxy || is_done(t))
		return FAULT_NONE;
	switch ((CURLcode)code) {
	case CURLE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return cannot_connect(t) ? FAULT_CONNECT : FAULT_PROXY;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_BAD_CONTENT_ENCODING:
		return FAULT_PROXY;
	default:
		return FAULT_NONE;
	}
}
