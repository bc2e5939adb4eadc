/*
 * proxy - libcurl's options for a proxy, and whose fault it was.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A part of transport, which alone uses it.
 */
#ifndef CURL_PROXY_H
#define CURL_PROXY_H

#include "curl/fault.h"

struct transport;

/* Once a handle: t->options->proxy, or none at all. */
void proxy_set(struct transport *t);
/* For a transfer that has failed with this CURLcode: FAULT_PROXY, FAULT_CONNECT
 * when the proxy works but cannot reach the receiver, FAULT_NONE when it had
 * done its part, or there is none. */
enum fault proxy_fault(const struct transport *t, int code);

#endif
