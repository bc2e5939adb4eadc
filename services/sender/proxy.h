/*
 * proxy - libcurl's options for a proxy, and whose fault it was.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A part of easy, which alone uses it.
 */
#ifndef SENDER_PROXY_H
#define SENDER_PROXY_H

#include "classify.h"

struct easy;

/* Once a handle: e->options->proxy, or none at all. */
void proxy_set(struct easy *e);
/* For a transfer that has failed with this CURLcode: FAULT_PROXY, FAULT_CONNECT
 * when the proxy works but cannot reach the receiver, FAULT_NONE when it had
 * done its part, or there is none. */
enum fault proxy_fault(const struct easy *e, int code);

#endif
