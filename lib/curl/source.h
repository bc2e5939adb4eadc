/*
 * source - binds sockets to the addresses that requests are to come from.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CURL_SOURCE_H
#define CURL_SOURCE_H

#include <stdbool.h>

#include "net/egress.h"

/* ERR_IO, and errno: this host does not have one of them. */
MUST_CHECK enum err source_check(const struct egress_sources *sources);
/* Where addresses are set, a family that has none is not used: receivers that
 * let only known addresses in would not know the other. */
bool source_usable(const struct egress_sources *sources, int family);
/* False when that fails; true, too, when there is nothing to bind to. */
bool source_bind(const struct egress_sources *sources, int family, int fd);

#endif
