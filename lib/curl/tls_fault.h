/*
 * tls_fault - why TLS failed, where libcurl's code does not tell.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CURL_TLS_FAULT_H
#define CURL_TLS_FAULT_H

#include "curl/fault.h"

/*
 * text: libcurl's, with an error number of OpenSSL in it.
 *
 * - FAULT_TLS_CLIENT: the receiver wants a client certificate, or another one;
 *   TLS 1.3 tells only after the handshake, as if the connection had failed
 * - FAULT_TLS: it ended the handshake with another alert
 * - FAULT_TLS_CERTIFICATE: the signature of its certificate is another key's
 * - FAULT_NONE: none of these
 */
enum fault tls_fault(const char *text);

#endif
