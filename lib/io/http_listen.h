/*
 * http_listen - a listening TCP socket from "host:port".
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_HTTP_LISTEN_H
#define IO_HTTP_LISTEN_H

#include <stddef.h>

#include "base/err.h"

/* "127.0.0.1:8080", "[::1]:0", "localhost:80". On success *fd is the caller's
 * and *port what it got. ERR_IO with a text that names the address. */
MUST_CHECK enum err http_listen(const char *bind_to, int *fd, unsigned *port,
				char *error, size_t error_size);

#endif
