/*
 * sockets - where a router listens, whom it lets in, and what a message leads
 * to.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ROUTER_SOCKETS_H
#define ROUTER_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

struct router;

/* Fills in the router's pipes and the endpoints that they got. False with a
 * line in error; sockets_close() in any case. */
bool sockets_open(struct router *r, char *error, size_t size);
void sockets_close(struct router *r);

#endif
