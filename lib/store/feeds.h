/*
 * feeds - keeps a SUB socket connected to the live feed of every router.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STORE_FEEDS_H
#define STORE_FEEDS_H

#include "io/pipe.h"
#include "store/registry.h"

struct feeds;

/* Borrows the socket. */
struct feeds *feeds_new(struct pipe *pipe);
void feeds_free(struct feeds **f);
/* Connects to new ones, leaves old ones: for the registry's on_change. */
void feeds_follow(struct feeds *f, const struct registry *registry);

#endif
