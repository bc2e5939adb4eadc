/*
 * proxy - libcurl's options for a proxy, and whose fault it was.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proxy.h"

#include "base/mem.h"
#include "easy.h"

#define SET(e, option, value) \
	must(curl_easy_setopt((e)->curl, option, value) == CURLE_OK)

/* TLS to the receiver begins: so far it was between us and the proxy. */
static CURLcode on_tls(CURL *curl, void *ssl_ctx, void *arg)
{
	struct easy *e = NULL;

	(void)ssl_ctx;
	(void)arg;
	(void)curl_easy_getinfo(curl, CURLINFO_PRIVATE, &e);
	e->tunnelled = true;
	return CURLE_OK;
}

void proxy_set(struct easy *e)
{
	if (!e->options->proxy) {
		/* None from the environment, and no look into it. */
		SET(e, CURLOPT_NOPROXY, "*");
		return;
	}
	SET(e, CURLOPT_NOPROXY, "");
	SET(e, CURLOPT_PROXY, e->options->proxy);
	SET(e, CURLOPT_HTTPPROXYTUNNEL, 1L);
	/* Its answer is not the receiver's, and our headers are not for it. */
	SET(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(e, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	SET(e, CURLOPT_SSL_CTX_FUNCTION, on_tls);
}

static bool is_done(const struct easy *e)
{
	long status = 0;
	curl_off_t us = 0;

	(void)curl_easy_getinfo(e->curl, CURLINFO_PRETRANSFER_TIME_T, &us);
	(void)curl_easy_getinfo(e->curl, CURLINFO_HTTP_CONNECTCODE, &status);
	return e->tunnelled || status / 100 == 2 || us > 0;
}

/* The proxy works, and says that the receiver cannot be reached. */
static bool cannot_connect(const struct easy *e)
{
	long status = 0, reply = 0;

	(void)curl_easy_getinfo(e->curl, CURLINFO_HTTP_CONNECTCODE, &status);
	(void)curl_easy_getinfo(e->curl, CURLINFO_PROXY_ERROR, &reply);
	return status >= 500 || reply == CURLPX_REPLY_NETWORK_UNREACHABLE ||
	       reply == CURLPX_REPLY_HOST_UNREACHABLE ||
	       reply == CURLPX_REPLY_CONNECTION_REFUSED ||
	       reply == CURLPX_REPLY_TTL_EXPIRED;
}

enum fault proxy_fault(const struct easy *e, int code)
{
	if (!e->options->proxy || is_done(e))
		return FAULT_NONE;
	switch ((CURLcode)code) {
	case CURLE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return cannot_connect(e) ? FAULT_CONNECT : FAULT_PROXY;
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
