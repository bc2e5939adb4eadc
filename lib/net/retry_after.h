/*
 * retry_after - what a server says about when to come again (RFC 9110, 10.2.3).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NET_RETRY_AFTER_H
#define NET_RETRY_AFTER_H

#include <stdint.h>

#include "base/slice.h"

#define RETRY_AFTER_MS_MAX (24u * 60 * 60 * 1000)
/* No value that means something is longer. */
#define RETRY_AFTER_BYTES_MAX 64

/* Seconds or an HTTP date, as milliseconds from now, at most 24 h; 0 when it is
 * neither or has passed. */
uint64_t retry_after_parse(struct slice value, uint64_t wall_now_ms);

#endif
