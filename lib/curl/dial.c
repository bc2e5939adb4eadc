/*
 * dial - where a transfer may begin to connect to.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curl/dial.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "curl/resolve.h"

/* As long as libcurl may take to connect. */
#define WAIT_US_MAX 5000000
#define NAMES_MAX 4096

struct dialer {
	const struct transport_options *options;
	struct resolver *resolver; /* owned; NULL without a proxy */
	struct list waiting;	   /* struct transport; longest first */
	dial_done_fn *on_done;
	void *arg; /* borrowed */
};

/* answer: NULL where the URL has an address instead of a name. */
static void choose(struct dialer *d, struct transport *t,
		   const struct resolve_answer *answer)
{
	const struct target_rules *rules = d->options->rules;
	const struct dial *dial = &t->dial;
	struct target_address address;

	t->fault = answer ? route_choose(rules, answer, dial->attempt, &address)
			  : route_literal(rules, dial->at, &address);
	if (t->fault == FAULT_NONE)
		transport_set_route(t, &address, dial->at->port);
}

static void on_name(void *arg, struct list *waiting,
		    const struct resolve_answer *answer)
{
	struct dialer *d = arg;
	struct list *node;

	while ((node = list_pop(waiting))) {
		struct transport *t =
		    container_of(node, struct transport, dial.in_name);

		list_remove(&t->dial.in_dialer);
		choose(d, t, answer);
		d->on_done(d->arg, t);
	}
}

struct dialer *dialer_new(uv_loop_t *loop,
			  const struct transport_options *options,
			  dial_done_fn *on_done, void *arg)
{
	struct dialer *d = xcalloc(1, sizeof(*d));

	d->options = options;
	d->on_done = on_done;
	d->arg = arg;
	list_init(&d->waiting);
	if (options->proxy)
		d->resolver = resolver_new(loop, NAMES_MAX, on_name, d);
	return d;
}

void dialer_free(struct dialer **dp)
{
	struct dialer *d = *dp;

	if (!d)
		return;
	must(list_empty(&d->waiting));
	resolver_free(&d->resolver);
	free(d);
	*dp = NULL;
}

bool dialer_ask(struct dialer *d, struct transport *t,
		const struct url_parts *at, uint64_t attempt)
{
	const struct resolve_answer *answer = NULL;

	t->share = (unsigned)(hash_bytes(at->host) % POOL_SHARES);
	if (!d->resolver)
		return true;
	t->dial.at = at;
	t->dial.attempt = attempt;
	if (!at->literal) {
		answer = resolver_ask(d->resolver, at->host, &t->dial.in_name);
		if (!answer) {
			t->dial.since_us = now_us();
			list_push(&d->waiting, &t->dial.in_dialer);
			return false;
		}
	}
	choose(d, t, answer);
	return true;
}

void dialer_trim(struct dialer *d)
{
	uint64_t now = now_us();
	struct list *node;

	while ((node = list_first(&d->waiting))) {
		struct transport *t =
		    container_of(node, struct transport, dial.in_dialer);

		if (now < t->dial.since_us + WAIT_US_MAX)
			return;
		list_remove(&t->dial.in_dialer);
		list_remove(&t->dial.in_name);
		t->fault = FAULT_RESOLVE;
		d->on_done(d->arg, t);
	}
}
