/*
 * resolve - names to addresses, off the loop, kept for a short while.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curl/resolve.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"

#define KEEP_MS 30000
#define KEEP_NONE_MS 1000
#define NAME_SIZE 256
#define THREADS "64"

struct resolver {
	uv_loop_t *loop;
	struct table *by_name; /* struct name */
	struct list lru;       /* names that are not being looked up */
	size_t names_max;
	struct resolve_answer none;
	resolve_ready_fn *on_ready;
	void *arg; /* borrowed */
};

struct name {
	struct resolver *resolver; /* NULL: it has gone */
	uv_getaddrinfo_t request;
	bool asking; /* the request is under way */
	uint64_t until_ms;
	struct resolve_answer answer;
	struct list waiting; /* for the look-up */
	struct list in_lru;
	char text[NAME_SIZE];
};

struct resolver *resolver_new(uv_loop_t *loop, size_t names_max,
			      resolve_ready_fn *on_ready, void *arg)
{
	struct resolver *r = xcalloc(1, sizeof(*r));

	/* libuv gives half of its threads to look-ups, and io/service lets it
	 * have few: one name without an answer would hold up all others. It is
	 * read when the first work comes. */
	(void)setenv("UV_THREADPOOL_SIZE", THREADS, 1);
	r->loop = loop;
	r->names_max = names_max;
	r->by_name = table_new(names_max);
	r->on_ready = on_ready;
	r->arg = arg;
	list_init(&r->lru);
	return r;
}

static void forget(struct resolver *r, struct name *name)
{
	(void)table_delete(r->by_name, slice_of(name->text));
	list_remove(&name->in_lru);
	if (name->asking)
		name->resolver = NULL;
	else
		free(name);
}

void resolver_free(struct resolver **rp)
{
	struct resolver *r = *rp;
	struct list *node;
	struct slice key;
	void *value;
	size_t pos;

	if (!r)
		return;
	while ((node = list_first(&r->lru)))
		forget(r, container_of(node, struct name, in_lru));
	for (pos = 0; table_next(r->by_name, &pos, &key, &value); pos = 0) {
		struct name *name = value;

		must(list_empty(&name->waiting));
		(void)uv_cancel((uv_req_t *)&name->request);
		forget(r, name);
	}
	table_free(&r->by_name);
	free(r);
	*rp = NULL;
}

static void take_addresses(struct resolve_answer *answer,
			   const struct addrinfo *list)
{
	answer->n = 0;
	for (; list && answer->n < RESOLVE_ADDRESSES_MAX;
	     list = list->ai_next) {
		struct target_address *a = &answer->at[answer->n];

		if (list->ai_addrlen > sizeof(*a) ||
		    (list->ai_family != AF_INET && list->ai_family != AF_INET6))
			continue;
		memset(a, 0, sizeof(*a));
		memcpy(a, list->ai_addr, list->ai_addrlen);
		answer->n++;
	}
}

static void on_looked_up(uv_getaddrinfo_t *request, int status,
			 struct addrinfo *list)
{
	struct name *name = request->data;
	struct resolver *r = name->resolver;

	name->asking = false;
	if (r) {
		take_addresses(&name->answer, status == 0 ? list : NULL);
		name->until_ms =
		    uv_now(r->loop) + (name->answer.n ? KEEP_MS : KEEP_NONE_MS);
		list_push(&r->lru, &name->in_lru);
		r->on_ready(r->arg, &name->waiting, &name->answer);
	} else {
		free(name);
	}
	uv_freeaddrinfo(list);
}

static void look_up(struct name *name)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM};

	list_remove(&name->in_lru);
	name->request.data = name;
	name->asking =
	    uv_getaddrinfo(name->resolver->loop, &name->request, on_looked_up,
			   name->text, NULL, &hints) == 0;
	if (name->asking)
		return;
	name->answer.n = 0;
	name->until_ms = uv_now(name->resolver->loop) + KEEP_NONE_MS;
	list_push(&name->resolver->lru, &name->in_lru);
}

static struct name *name_new(struct resolver *r, struct slice text)
{
	struct list *oldest = list_first(&r->lru);
	struct name *name;

	if (table_count(r->by_name) >= r->names_max) {
		if (!oldest)
			return NULL;
		forget(r, container_of(oldest, struct name, in_lru));
	}
	name = xcalloc(1, sizeof(*name));
	name->resolver = r;
	list_init(&name->waiting);
	list_init(&name->in_lru);
	if (!slice_cstr(name->text, sizeof(name->text), text)) {
		free(name);
		return NULL;
	}
	must(table_put(r->by_name, text, name) == ERR_OK);
	return name;
}

const struct resolve_answer *resolver_ask(struct resolver *r, struct slice text,
					  struct list *node)
{
	struct name *name = table_find(r->by_name, text);

	if (!name)
		name = name_new(r, text);
	if (!name)
		return &r->none;
	if (!name->asking && uv_now(r->loop) >= name->until_ms)
		look_up(name);
	if (name->asking) {
		list_push(&name->waiting, node);
		return NULL;
	}
	list_remove(&name->in_lru);
	list_push(&r->lru, &name->in_lru);
	return &name->answer;
}
