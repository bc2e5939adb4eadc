/*
 * rest - the last part of a path, which may hold any byte.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_REST_H
#define CONSOLE_REST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/* Appends what stands behind the first n segments of a target as it was sent,
 * percent-decoded: a slash in it may be written as itself or as %2F. False:
 * there is nothing, or an escape is broken. */
bool path_rest(const char *target, size_t n, struct buf *out);

#endif
