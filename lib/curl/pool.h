/*
 * pool - libcurl's multi interface on the loop: connections, time-outs, and the
 * end of transfers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * libcurl walks through all connections of a multi handle at the end of each
 * transfer (7.88), so there are several such handles, shares, each for some of
 * the hosts. A connection is used again only within its share.
 *
 * Sockets stay armed in the loop from one request to the next: a keep-alive
 * connection costs no epoll_ctl. libcurl's callbacks only record; it is called
 * from events and from pool_turn().
 */
#ifndef CURL_POOL_H
#define CURL_POOL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"

#define POOL_SHARES 16

struct pool;

/* The transfer has ended and its handle has left the pool. request: the
 * handle's CURLOPT_PRIVATE; code is a CURLcode. */
typedef void pool_done_fn(void *arg, void *request, int code);

/* connections_max: at a time; of those that nobody uses as many are kept. */
struct pool *pool_new(uv_loop_t *loop, size_t connections_max,
		      pool_done_fn *on_done, void *arg);
/* No transfer may be under way. Memory of handles is freed by the loop: run it
 * once more. */
void pool_free(struct pool **p);
/* Starts the transfer with the next pool_turn(). share: below POOL_SHARES, the
 * same for the same host. */
MUST_CHECK enum err pool_add(struct pool *p, unsigned share, CURL *curl);
/* Takes it out without a word to on_done. */
void pool_remove(struct pool *p, unsigned share, CURL *curl);
/* Lets libcurl do what is due and reports what has ended. To be called once in
 * every turn of the loop, before it waits. */
void pool_turn(struct pool *p);
/* Something is due now: the loop must not wait. */
bool pool_is_due(const struct pool *p);
size_t pool_connections(const struct pool *p); /* open sockets */

/* From the handles' own callbacks. */
void pool_socket_opened(struct pool *p, unsigned share, int fd);
void pool_socket_closing(struct pool *p, int fd);

#endif
