/*
 * curve - the keys of a process: its own, and those that it lets in.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/curve.h"

#include <stdlib.h>

#include "base/mem.h"

#define LOOK_EVERY_MS 500

struct curve {
	struct curve_pair own;
	bool plaintext_ok;
	struct keyring *rings[CURVE_RINGS_MAX]; /* owned */
	size_t n;
	uv_timer_t *timer; /* owned; freed by its close callback */
	uint64_t *refused; /* owned by the metrics */
};

static void on_timer(uv_timer_t *timer)
{
	struct curve *c = timer->data;

	for (size_t i = 0; i < c->n; i++)
		keyring_refresh(c->rings[i]);
}

struct curve *curve_open(uv_loop_t *loop, const char *secret, bool plaintext_ok,
			 struct metrics *metrics)
{
	struct curve *c = xcalloc(1, sizeof(*c));
	const char *fault;

	must(certificate_pair(&c->own, slice_of(secret), &fault) == ERR_OK);
	c->plaintext_ok = plaintext_ok;
	c->refused = metrics_counter(metrics, "curve_refused_total", NULL,
				     "connections whose key was not let in");
	c->timer = xcalloc(1, sizeof(*c->timer));
	must(uv_timer_init(loop, c->timer) == 0);
	c->timer->data = c;
	return c;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void curve_close(struct curve **curve)
{
	struct curve *c = *curve;

	if (!c)
		return;
	*curve = NULL;
	uv_close((uv_handle_t *)c->timer, on_closed);
	for (size_t i = 0; i < c->n; i++)
		keyring_close(&c->rings[i]);
	curve_pair_wipe(&c->own);
	free(c);
}

const struct keyring *curve_ring(struct curve *c,
				 const struct keyring_options *options,
				 char *error, size_t error_size)
{
	struct keyring *ring;

	must(c->n < CURVE_RINGS_MAX);
	ring = keyring_open(options, error, error_size);
	if (!ring)
		return NULL;
	c->rings[c->n++] = ring;
	must(uv_timer_start(c->timer, on_timer, LOOK_EVERY_MS, LOOK_EVERY_MS) ==
	     0);
	return ring;
}

const struct curve_pair *curve_own(const struct curve *c)
{
	return &c->own;
}

bool curve_plaintext_ok(const struct curve *c)
{
	return c->plaintext_ok;
}

void curve_count_refusal(const struct curve *c)
{
	++*c->refused;
}
