/*
 * lane_test - a lane against a naive model, and the edges of its limits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "base/rng.h"
#include "lane.h"
#include "proto/message.h"
#include "store/config.h"

static struct batch *one_event(void)
{
	struct ulid id = {{9}};
	const struct msg_event m = {
	    .id = ulid_slice(&id),
	    .project = SLICE_LIT("acme"),
	    .name = SLICE_LIT("x"),
	    .body = SLICE_LIT("{}"),
	};
	struct batch *b = NULL;
	struct buf frame;
	size_t at, n;
	char *bytes;

	buf_init(&frame, 4096);
	at = msg_frame_start(&frame, MSG_event, 0, 0);
	msg_encode_event(&frame, &m);
	msg_frame_finish(&frame, at, 1);
	bytes = buf_take(&frame, &n);
	assert_int_equal(batch_decode(bytes, n, 1, 0, &b), ERR_OK);
	return b;
}

static const struct lane_limits limits = {
    .head_max = 8, .bytes_max = 1000, .congested_ms = 200};

static struct delivery *push(struct lane *lane, struct batch *b, uint64_t now)
{
	struct ulid id = {{1}};
	struct delivery *d = delivery_new(&b->events[0], lane, &id);

	lane_push(lane, d, now);
	return d;
}

static void drain(struct lane *lane)
{
	struct delivery *d;

	while ((d = lane_pop(lane)) != NULL)
		delivery_free(d);
}

static void test_room(void **state)
{
	struct ulid id = {{7}};
	struct lane *lane = lane_new(&id, NULL);
	struct batch *b = one_event();

	(void)state;
	for (int i = 0; i < 8; i++) {
		assert_int_equal(lane_room(lane, &limits, 1000), LANE_TAKE);
		push(lane, b, 1000);
	}
	/* Full: it waits while it may be draining, and spills once it is not.
	 */
	assert_int_equal(lane_room(lane, &limits, 1200), LANE_WAIT);
	assert_int_equal(lane_room(lane, &limits, 1201), LANE_SPILL);
	delivery_free(lane_pop(lane));
	assert_int_equal(lane_room(lane, &limits, 1201), LANE_TAKE);
	/* With a backlog only half the room is for what arrives. */
	lane->backlog = true;
	assert_int_equal(lane_room(lane, &limits, 1201), LANE_SPILL);
	assert_false(lane_wants_refill(lane, &limits, 0));
	drain(lane);
	assert_true(lane_wants_refill(lane, &limits, 0));
	lane->refilling = true;
	assert_false(lane_wants_refill(lane, &limits, 0));
	lane_free(&lane);
	batch_unpin(b);
}

/* What would only be put off stays in the backlog, but for a probe. */
static void test_refill_and_circuit(void **state)
{
	static struct webhook w = {.enabled = true, .refs = 8};
	struct ulid id = {{7}};
	struct lane *lane = lane_new(&id, NULL);

	(void)state;
	lane->webhook = &w;
	lane->backlog = true;
	lane->pace.circuit.state = CIRCUIT_OPEN;
	lane->pace.circuit.probe_ms = 1000;
	assert_false(lane_wants_refill(lane, &limits, 999));
	assert_true(lane_wants_refill(lane, &limits, 1000));
	lane->pace.circuit.state = CIRCUIT_HALF_OPEN;
	assert_false(lane_wants_refill(lane, &limits, 1000));
	/* Nobody waits for a webhook that is switched off. */
	w.enabled = false;
	assert_true(lane_wants_refill(lane, &limits, 1000));
	lane->webhook = NULL;
	assert_true(lane_wants_refill(lane, &limits, 1000));
	lane_free(&lane);
}

static void test_room_in_bytes(void **state)
{
	const struct lane_limits few = {
	    .head_max = 8, .bytes_max = 3, .congested_ms = 200};
	struct ulid id = {{7}};
	struct lane *lane = lane_new(&id, NULL);
	struct batch *b = one_event();

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lane_room(lane, &few, 1000), LANE_TAKE);
		push(lane, b, 1000);
	}
	assert_int_equal(lane_room(lane, &few, 1000), LANE_WAIT);
	lane->backlog = true;
	assert_false(lane_wants_refill(lane, &few, 0));
	delivery_free(lane_pop(lane));
	assert_int_equal(lane->bytes, 2);
	assert_false(lane_wants_refill(lane, &few, 0));
	/* Nothing at all is too little, whatever the limits. */
	drain(lane);
	assert_int_equal(lane->bytes, 0);
	assert_true(lane_wants_refill(lane, &few, 0));
	lane_free(&lane);
	batch_unpin(b);
}

static void test_ready(void **state)
{
	struct ulid id = {{7}};
	struct webhook w = {.refs = 1, .enabled = true, .concurrency = 2};
	struct lane *lane = lane_new(&id, NULL);
	struct batch *b = one_event();

	(void)state;
	lane_set_webhook(lane, &w);
	assert_false(lane_is_ready(lane));
	push(lane, b, 0);
	assert_true(lane_is_ready(lane));
	lane->in_flight = 2;
	assert_false(lane_is_ready(lane));
	/* Nothing is sent for a webhook that is off: no limit holds it back. */
	w.enabled = false;
	assert_true(lane_is_ready(lane));
	drain(lane);
	lane_free(&lane);
	assert_int_equal(w.refs, 1);
	batch_unpin(b);
}

/* Random pushes, pops and removals: the queue is a plain first-in-first-out
 * list. */
static void test_against_model(void **state)
{
	struct ulid id = {{7}};
	struct lane *lane = lane_new(&id, NULL);
	struct batch *b = one_event();
	struct delivery *model[4096];
	unsigned seed = (unsigned)time(NULL);
	size_t n = 0;

	(void)state;
	printf("seed %u\n", seed);
	srandom(seed);
	for (int step = 0; step < 20000; step++) {
		long what = random() % 4;

		if (what < 2 && n < 4096) {
			model[n++] = push(lane, b, 0);
		} else if (what == 2 && n > 0) {
			struct delivery *d = lane_pop(lane);

			assert_ptr_equal(d, model[0]);
			memmove(model, model + 1, --n * sizeof(model[0]));
			if (random() % 2) {
				delivery_free(d);
			} else { /* handed back */
				lane_push_front(lane, d);
				memmove(model + 1, model,
					n++ * sizeof(model[0]));
				model[0] = d;
			}
		} else if (what == 3 && n > 0) {
			size_t i = (size_t)random() % n;

			lane_remove(lane, model[i]);
			delivery_free(model[i]);
			memmove(model + i, model + i + 1,
				(--n - i) * sizeof(model[0]));
		}
		assert_int_equal(lane->queued, n);
	}
	drain(lane);
	lane_free(&lane);
	assert_true(batch_unpin(b) > 0);
}

static void test_latency_buckets(void **state)
{
	struct ulid id = {{7}};
	struct lane *lane = lane_new(&id, NULL);

	(void)state;
	lane_count(lane, true, false, 100);
	lane_count(lane, true, false, 101);
	lane_count(lane, false, true, UINT64_MAX);
	assert_int_equal(lane->stats.latency[0], 1);
	assert_int_equal(lane->stats.latency[1], 1);
	assert_int_equal(lane->stats.latency[LANE_BUCKETS - 1], 1);
	assert_int_equal(lane->stats.delivered, 2);
	assert_int_equal(lane->stats.failed, 1);
	assert_int_equal(lane->stats.dead, 1);
	lane_free(&lane);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_room),
	    cmocka_unit_test(test_room_in_bytes),
	    cmocka_unit_test(test_refill_and_circuit),
	    cmocka_unit_test(test_ready),
	    cmocka_unit_test(test_against_model),
	    cmocka_unit_test(test_latency_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
