/*
 * tls_fault - finds OpenSSL's number in libcurl's text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curl/tls_fault.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <stdlib.h>
#include <string.h>

/* OpenSSL's reason for alert n of the peer is 1000 + n; alerts are bytes. */
#define REASON_ALERT 1000
#define REASON_LAST (REASON_ALERT + 255)

/* What libcurl says when it takes the alert "certificate expired", which is
 * about ours, for a verdict of its own; then it has no reason to give. */
static const char no_reason[] = "SSL certificate verification failed";

static enum fault alert_fault(int reason)
{
	switch (reason) {
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
		return FAULT_TLS_CLIENT;
	default:
		return FAULT_TLS;
	}
}

enum fault tls_fault(const char *text)
{
	static const char mark[] = "error:";
	const char *at = strstr(text, mark);
	unsigned long code;
	int reason;

	if (!at)
		return strcmp(text, no_reason) == 0 ? FAULT_TLS_CLIENT
						    : FAULT_NONE;
	code = strtoul(at + sizeof(mark) - 1, NULL, 16);
	reason = ERR_GET_REASON(code);
	switch (ERR_GET_LIB(code)) {
	case ERR_LIB_SSL:
		return reason >= REASON_ALERT && reason <= REASON_LAST
			   ? alert_fault(reason)
			   : FAULT_NONE;
	case ERR_LIB_ASN1:
	case ERR_LIB_RSA:
	case ERR_LIB_X509:
		return FAULT_TLS_CERTIFICATE;
	default:
		return FAULT_NONE;
	}
}
