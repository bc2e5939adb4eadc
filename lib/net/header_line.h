/*
 * header_line - one line of an answer's head (RFC 9112 section 5).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NET_HEADER_LINE_H
#define NET_HEADER_LINE_H

#include <stdbool.h>

#include "base/slice.h"

/* The value without the spaces around it, when the line bears this name in
 * whatever case. Borrowed from the line. */
bool header_line_is(struct slice line, struct slice name, struct slice *value);

#endif
