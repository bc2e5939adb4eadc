/*
 * transport - the options of libcurl that every request has.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curl/transport.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "curl/proxy.h"
#include "curl/source.h"
#include "curl/tls_fault.h"

#define CONNECT_TIMEOUT_MS 5000L
/* Under the 60 s after which common servers and balancers drop idle ones. */
#define IDLE_CONNECTION_S 50L

#define SET(t, option, value) \
	must(curl_easy_setopt((t)->curl, option, value) == CURLE_OK)

bool transport_global_init(char *error, size_t error_size)
{
	const curl_version_info_data *v;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)snprintf(error, error_size, "libcurl does not start");
		return false;
	}
	v = curl_version_info(CURLVERSION_NOW);
	if (v->version_num < 0x075700 || !(v->features & CURL_VERSION_SSL)) {
		(void)snprintf(error, error_size,
			       "libcurl %s: 7.87.0 or newer, with TLS, needed",
			       v->version);
		return false;
	}
	/* Without it a name look-up would stop the loop. */
	if (!(v->features & CURL_VERSION_ASYNCHDNS)) {
		(void)snprintf(error, error_size,
			       "libcurl %s resolves names synchronously",
			       v->version);
		return false;
	}
	return true;
}

void transport_global_fini(void)
{
	curl_global_cleanup();
}

const char *transport_default_ca_file(void)
{
	return curl_version_info(CURLVERSION_NOW)->cainfo;
}

/* With a proxy it is the proxy's address, which is the operator's word. What
 * that one connects to was checked: transport_set_route(). */
static bool may_connect(const struct transport_options *options,
			const struct curl_sockaddr *address)
{
	return (options->proxy ||
		target_allowed(options->rules, &address->addr)) &&
	       source_usable(options->sources, address->family);
}

/* The address that is looked at here is the one that is connected to. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
				    struct curl_sockaddr *address)
{
	struct transport *t = arg;
	int fd;

	(void)purpose;
	if (!may_connect(t->options, address)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(address->family,
		    address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    address->protocol);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	if (!source_bind(t->options->sources, address->family, fd)) {
		(void)close(fd);
		return CURL_SOCKET_BAD;
	}
	t->opened = true;
	pool_socket_opened(t->options->pool, t->share, fd);
	return fd;
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
	pool_socket_closing(arg, fd);
	return close(fd);
}

static void set_sockets(struct transport *t)
{
	SET(t, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	SET(t, CURLOPT_OPENSOCKETDATA, t);
	SET(t, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
	SET(t, CURLOPT_CLOSESOCKETDATA, t->options->pool);
	SET(t, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	SET(t, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
	SET(t, CURLOPT_TCP_NODELAY, 1L);
	SET(t, CURLOPT_NOSIGNAL, 1L);
	/* A look-up that is given up is left to its thread, not waited for. */
	SET(t, CURLOPT_QUICK_EXIT, 1L);
}

static void set_tls(struct transport *t)
{
	SET(t, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(t, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(t, CURLOPT_SSL_VERIFYHOST, 2L);
	/* With a directory beside the file libcurl would not keep the parsed
	 * roots, and read the file for every connection. */
	SET(t, CURLOPT_CAPATH, NULL);
	if (t->options->ca_file)
		SET(t, CURLOPT_CAINFO, t->options->ca_file);
	/* For a key with a passphrase OpenSSL would ask at the terminal. */
	SET(t, CURLOPT_KEYPASSWD, "");
	SET(t, CURLOPT_ERRORBUFFER, t->error);
}

void transport_init(struct transport *t,
		    const struct transport_options *options, void *request)
{
	*t = (struct transport){.options = options};
	list_init(&t->dial.in_name);
	list_init(&t->dial.in_dialer);
	t->curl = curl_easy_init();
	must(t->curl);
	set_sockets(t);
	proxy_set(t);
	set_tls(t);
	SET(t, CURLOPT_PROTOCOLS_STR, options->dev ? "http,https" : "https");
	SET(t, CURLOPT_FOLLOWLOCATION, 0L);
	SET(t, CURLOPT_PRIVATE, request);
}

void transport_fini(struct transport *t)
{
	list_remove(&t->dial.in_name);
	list_remove(&t->dial.in_dialer);
	/* Where the transfer has ended this does nothing. */
	if (t->begun)
		pool_remove(t->options->pool, t->share, t->curl);
	curl_easy_cleanup(t->curl);
	t->curl = NULL;
}

void transport_reset(struct transport *t)
{
	t->begun = t->refused = t->opened = t->tunnelled = false;
	t->fault = FAULT_NONE;
	t->error[0] = '\0';
}

void transport_set_route(struct transport *t,
			 const struct target_address *address, uint16_t port)
{
	route_format(t->route_text, address, port);
	t->route.data = t->route_text;
	SET(t, CURLOPT_CONNECT_TO, &t->route);
}

bool transport_start(struct transport *t)
{
	if (t->fault != FAULT_NONE)
		return false;
	t->begun = pool_add(t->options->pool, t->share, t->curl) == ERR_OK;
	if (!t->begun)
		t->fault = FAULT_INTERNAL;
	return t->begun;
}

unsigned transport_status(const struct transport *t)
{
	long status = 0;

	if (!t->begun)
		return 0;
	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	return status > 0 ? (unsigned)status : 0;
}

uint64_t transport_time_us(const struct transport *t, CURLINFO info)
{
	curl_off_t us = 0;

	if (t->begun)
		(void)curl_easy_getinfo(t->curl, info, &us);
	return us > 0 ? (uint64_t)us : 0;
}

static enum fault or_else(enum fault fault, enum fault fallback)
{
	return fault != FAULT_NONE ? fault : fallback;
}

enum fault transport_fault(const struct transport *t, int code)
{
	enum fault fault = proxy_fault(t, code);

	if (fault != FAULT_NONE)
		return fault;
	switch ((CURLcode)code) {
	case CURLE_OK:
		return FAULT_NONE;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		/* The second also means an answer that is not HTTP/1. */
		return t->opened ? FAULT_ANSWER_MALFORMED : FAULT_URL_REFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return FAULT_RESOLVE;
	case CURLE_COULDNT_CONNECT:
		return t->refused && !t->opened ? FAULT_ADDRESS_REFUSED
						: FAULT_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		/* Reached once there is a connection, TLS included. */
		return transport_time_us(t, CURLINFO_PRETRANSFER_TIME_T) > 0
			   ? FAULT_TIMEOUT
			   : FAULT_CONNECT_TIMEOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
		return or_else(tls_fault(t->error), FAULT_TLS_CERTIFICATE);
	case CURLE_SSL_ISSUER_ERROR:
		return FAULT_TLS_CERTIFICATE;
	case CURLE_SSL_CERTPROBLEM:
		return FAULT_TLS_CLIENT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
		return or_else(tls_fault(t->error), FAULT_TLS);
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return or_else(tls_fault(t->error), FAULT_RESET);
	case CURLE_GOT_NOTHING:
		return FAULT_NO_ANSWER;
	case CURLE_PARTIAL_FILE:
		return FAULT_ANSWER_CUT;
	/* A header line that is longer than libcurl keeps. */
	case CURLE_OUT_OF_MEMORY:
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE:
#endif
		return FAULT_HEADERS_TOO_LARGE;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_HTTP_RETURNED_ERROR:
		return FAULT_ANSWER_MALFORMED;
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return FAULT_HTTP2;
	default:
		return FAULT_INTERNAL;
	}
}
