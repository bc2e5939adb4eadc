/*
 * resolve - names to addresses, off the loop, kept for a short while.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For requests through a proxy only: otherwise libcurl resolves. However many
 * ask for a name, it is looked up once at a time. Knows nothing of what is
 * allowed.
 */
#ifndef CURL_RESOLVE_H
#define CURL_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"
#include "base/slice.h"
#include "net/target.h"

#define RESOLVE_ADDRESSES_MAX 16

struct resolver;

/* In the order in which they should be tried; none: there is no such name, or
 * nobody knows. */
struct resolve_answer {
	size_t n;
	struct target_address at[RESOLVE_ADDRESSES_MAX];
};

/* A name that was waited for has been looked up: the list has all nodes that
 * wait for it. They are to be taken off it. */
typedef void resolve_ready_fn(void *arg, struct list *waiting,
			      const struct resolve_answer *answer);

/* names_max: names that are kept or looked up; when all are being looked up,
 * further ones have no address. */
struct resolver *resolver_new(uv_loop_t *loop, size_t names_max,
			      resolve_ready_fn *on_ready, void *arg);
/* Nobody may wait any more. A look-up under way ends by itself, and its memory
 * is freed by the loop: run it once more. */
void resolver_free(struct resolver **r);

/* The answer, valid until the next call; or NULL, and node waits until
 * on_ready. Who does not want to wait any more takes its node off. */
const struct resolve_answer *resolver_ask(struct resolver *r, struct slice name,
					  struct list *node);

#endif
