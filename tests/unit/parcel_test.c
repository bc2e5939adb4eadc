/*
 * parcel_test - when a batch goes, of what it is made, and what its receiver
 * gets.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "parcel.h"
#include "proto/message.h"
#include "store/config.h"

#define EVENTS 5
#define WALL 1700000000000

/* Five events; the bodies are "0" to "4", the last expires. */
static struct batch *events(size_t body_bytes)
{
	struct batch *b = NULL;
	struct buf frame;
	size_t at, n;
	char *bytes;

	buf_init(&frame, 8u << 20);
	at = msg_frame_start(&frame, MSG_event, 0, 0);
	for (uint8_t i = 0; i < EVENTS; i++) {
		struct ulid id = {{0, 0, 0, 0, 0, 9, i}};
		char *body = xmalloc(body_bytes);
		struct msg_event m = {
		    .id = ulid_slice(&id),
		    .project = SLICE_LIT("acme"),
		    .name = SLICE_LIT("x"),
		    .expires_ms = i == EVENTS - 1 ? WALL : 0,
		    .body = slice_bytes(body, body_bytes),
		};

		memset(body, '0' + i, body_bytes);
		msg_encode_event(&frame, &m);
		free(body);
	}
	msg_frame_finish(&frame, at, EVENTS);
	bytes = buf_take(&frame, &n);
	assert_int_equal(batch_decode(bytes, n, 1, 0, &b), ERR_OK);
	return b;
}

static const struct lane_limits limits = {.head_max = 8,
					  .batch_max = 100,
					  .bytes_max = 64u << 20,
					  .congested_ms = 200};

struct scene {
	struct webhook w;
	struct lane *lane;
	struct batch *b;
};

static void set_up(struct scene *s, uint32_t batch_events, size_t body_bytes)
{
	struct ulid id = {{7}};

	*s = (struct scene){.w = {.refs = 1,
				  .enabled = true,
				  .concurrency = 1,
				  .batch_events = batch_events,
				  .batch_wait_ms = 50}};
	s->lane = lane_new(&id, NULL);
	lane_set_webhook(s->lane, &s->w);
	s->b = events(body_bytes);
}

static struct delivery *push(struct scene *s, size_t event, uint64_t now)
{
	const struct ulid *id = &s->b->events[event].id;
	struct delivery *d = delivery_new(&s->b->events[event], s->lane, id);

	lane_push(s->lane, d, now);
	return d;
}

static void free_all(struct delivery *d)
{
	struct parcel *p = parcel_open(d);

	for (uint32_t i = 0; p && i < p->n; i++)
		delivery_free(p->members[i]);
	if (!p)
		delivery_free(d);
	free(p);
}

static void tear_down(struct scene *s)
{
	struct delivery *d;

	while ((d = lane_pop(s->lane)) != NULL)
		free_all(d);
	assert_int_equal(s->lane->queued, 0);
	assert_int_equal(s->lane->bytes, 0);
	lane_free(&s->lane);
	assert_true(batch_unpin(s->b) > 0);
}

static struct delivery *take(struct scene *s)
{
	struct list expired;
	struct delivery *d;

	list_init(&expired);
	d = parcel_take(s->lane, WALL - 1, &expired);
	assert_true(list_empty(&expired));
	return d;
}

static void body_is(struct delivery *d, const char *text)
{
	struct buf body;

	buf_init(&body, 100);
	parcel_body(d->parcel, &body);
	assert_true(slice_eq_str(buf_slice(&body), text));
	assert_int_equal(d->parcel->bytes, body.n);
	buf_fini(&body);
}

static void test_it_waits_for_more(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, 3, 1);
	assert_true(parcel_wanted(s.lane));
	push(&s, 0, 1000);
	push(&s, 1, 1030);
	assert_int_equal(parcel_wait_ms(s.lane, &limits, 1000), 50);
	assert_int_equal(parcel_wait_ms(s.lane, &limits, 1049), 1);
	assert_int_equal(parcel_wait_ms(s.lane, &limits, 1050), 0);
	push(&s, 2, 1031);
	assert_int_equal(parcel_wait_ms(s.lane, &limits, 1031), 0);
	s.w.batch_events = 0;
	assert_false(parcel_wanted(s.lane));
	tear_down(&s);
}

static void test_what_can_hold_no_more_goes(void **state)
{
	const struct lane_limits few = {
	    .head_max = 1, .batch_max = 2, .bytes_max = 100};
	struct scene s;

	(void)state;
	set_up(&s, 100, 1);
	push(&s, 0, 1000);
	assert_true(parcel_wait_ms(s.lane, &few, 1000) > 0);
	assert_int_equal(lane_room(s.lane, &few, 1000), LANE_TAKE);
	push(&s, 1, 1000);
	assert_int_equal(lane_room(s.lane, &few, 1000), LANE_WAIT);
	assert_int_equal(parcel_wait_ms(s.lane, &few, 1000), 0);
	/* A lane has room for a batch that is more than others may have. */
	assert_int_equal(lane_room(s.lane, &limits, 1000), LANE_TAKE);
	tear_down(&s);
}

static void test_it_is_taken_in_order(void **state)
{
	struct scene s;
	struct delivery *d;

	(void)state;
	set_up(&s, 3, 1);
	for (size_t i = 0; i < 4; i++)
		push(&s, i, 0);
	d = take(&s);
	assert_int_equal(parcel_size(d), 3);
	body_is(d, "[0,1,2]");
	assert_ptr_equal(parcel_first(parcel_at(d, 2)), d);
	assert_int_equal(s.lane->queued, 1);
	/* Handed back, it is what it was and goes first. */
	lane_push_front(s.lane, d);
	assert_int_equal(s.lane->queued, 4);
	assert_int_equal(s.lane->bytes, 1 + d->parcel->bytes);
	assert_int_equal(parcel_wait_ms(s.lane, &limits, 0), 0);
	assert_ptr_equal(take(&s), d);
	free_all(d);
	d = take(&s);
	body_is(d, "[3]");
	free_all(d);
	assert_null(take(&s));
	tear_down(&s);
}

static void test_others_of_another_number_of_tries(void **state)
{
	struct scene s;
	struct delivery *d;

	(void)state;
	set_up(&s, 3, 1);
	push(&s, 0, 0);
	push(&s, 1, 0)->tries = 1;
	push(&s, 2, 0)->tries = 1;
	d = take(&s);
	body_is(d, "[0]");
	free_all(d);
	d = take(&s);
	body_is(d, "[1,2]");
	free_all(d);
	tear_down(&s);
}

/* From before the webhook had batches instead of an order. */
static void test_who_keeps_an_order_goes_alone(void **state)
{
	struct order_key *key = xmalloc(1);
	struct delivery *d[3];
	struct scene s;

	(void)state;
	set_up(&s, 3, 1);
	for (size_t i = 0; i < 3; i++)
		d[i] = push(&s, i, 0);
	d[1]->key = key;
	for (size_t i = 0; i < 3; i++) {
		assert_ptr_equal(take(&s), d[i]);
		assert_int_equal(parcel_size(d[i]), 1);
		d[i]->key = NULL;
		free_all(d[i]);
	}
	free(key);
	tear_down(&s);
}

static void test_expired(void **state)
{
	struct scene s;
	struct list expired;
	struct delivery *d, *last;

	(void)state;
	set_up(&s, 3, 1);
	last = push(&s, 4, 0);
	push(&s, 0, 0);
	list_init(&expired);
	d = parcel_take(s.lane, WALL, &expired);
	body_is(d, "[0]");
	assert_int_equal(parcel_expires_ms(d), 0);
	assert_ptr_equal(list_pop(&expired), &last->node);
	free_all(d);
	lane_push(s.lane, last, 0);
	d = parcel_take(s.lane, WALL - 1, &expired);
	assert_int_equal(parcel_expires_ms(d), WALL);
	lane_push(s.lane, d, 0);
	tear_down(&s);
}

/* 1 MiB with brackets and commas, or one that is larger alone. */
static void test_bytes(void **state)
{
	static const struct {
		size_t body;
		uint32_t n;
	} cases[] = {
	    {(PARCEL_BYTES_MAX - 3) / 2, 2},
	    {(PARCEL_BYTES_MAX - 3) / 2 + 1, 1},
	    {PARCEL_BYTES_MAX, 1},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct scene s;
		struct delivery *d;

		set_up(&s, 100, cases[i].body);
		push(&s, 0, 0);
		push(&s, 1, 0);
		push(&s, 2, 0);
		assert_int_equal(parcel_wait_ms(s.lane, &limits, 0), 0);
		d = take(&s);
		assert_int_equal(parcel_size(d), cases[i].n);
		free_all(d);
		tear_down(&s);
	}
}

static void test_the_id_is_of_all(void **state)
{
	struct scene s;
	struct delivery *d[3];
	struct ulid ids[4];
	struct parcel *p;

	(void)state;
	set_up(&s, 3, 1);
	for (size_t i = 0; i < 3; i++) {
		d[i] = push(&s, i, 0);
		lane_remove(s.lane, d[i]);
	}
	for (uint32_t n = 1; n <= 4; n++) {
		p = parcel_new(d, n < 4 ? n : 3);
		ids[n - 1] = parcel_id(p);
		free(parcel_open(d[0]));
	}
	assert_false(ulid_eq(&ids[0], &ids[1]));
	assert_false(ulid_eq(&ids[1], &ids[2]));
	assert_true(ulid_eq(&ids[2], &ids[3]));
	assert_int_equal(ulid_wall_ms(&ids[2]), ulid_wall_ms(&d[0]->event->id));
	for (size_t i = 0; i < 3; i++)
		delivery_free(d[i]);
	tear_down(&s);
}

static void test_since(void **state)
{
	struct scene s;
	struct delivery *d;

	(void)state;
	set_up(&s, 3, 1);
	d = push(&s, 0, 0);
	/* Accepted at 9 by the wall clock. */
	assert_int_equal(parcel_since_ms(d, 1000, 209), 800);
	assert_int_equal(parcel_since_ms(d, 100, 209), 0);
	assert_int_equal(parcel_since_ms(d, 1000, 5), 1000);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_it_waits_for_more),
	    cmocka_unit_test(test_what_can_hold_no_more_goes),
	    cmocka_unit_test(test_it_is_taken_in_order),
	    cmocka_unit_test(test_others_of_another_number_of_tries),
	    cmocka_unit_test(test_who_keeps_an_order_goes_alone),
	    cmocka_unit_test(test_expired),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_the_id_is_of_all),
	    cmocka_unit_test(test_since),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
