/*
 * batch_test - what of a log entry is settled, and who still needs its bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "batch.h"
#include "proto/message.h"

static char *frame_of(size_t n_events, size_t *n)
{
	struct buf b;
	size_t at;

	buf_init(&b, 1 << 20);
	at = msg_frame_start(&b, MSG_event, 3, 0);
	for (size_t i = 0; i < n_events; i++) {
		struct ulid id = {{(uint8_t)i, 1}};
		struct msg_event m = {
		    .id = ulid_slice(&id),
		    .project = SLICE_LIT("acme"),
		    .name = SLICE_LIT("emailSend"),
		    .created_ms = 5,
		    .body = SLICE_LIT("{\"email\":\"a@example.com\"}"),
		};

		msg_encode_event(&b, &m);
	}
	msg_frame_finish(&b, at, n_events);
	return buf_take(&b, n);
}

static struct batch *batch(size_t n_events)
{
	struct batch *b = NULL;
	size_t n;
	char *bytes = frame_of(n_events, &n);

	assert_int_equal(batch_decode(bytes, n, 9, 0, &b), ERR_OK);
	return b;
}

static void test_decode(void **state)
{
	struct batch *b = batch(3);

	(void)state;
	assert_int_equal(b->n_events, 3);
	assert_true(slice_eq_str(b->events[2].project, "acme"));
	assert_true(
	    slice_eq_str(b->events[2].body, "{\"email\":\"a@example.com\"}"));
	assert_true(batch_unpin(b) > 0);
}

static void test_every_truncation_is_refused(void **state)
{
	size_t n;
	char *bytes = frame_of(2, &n);

	(void)state;
	for (size_t cut = 0; cut < n; cut++) {
		char *part = xmalloc(cut + 1);
		struct batch *b = NULL;

		memcpy(part, bytes, cut);
		assert_int_not_equal(batch_decode(part, cut, 1, 0, &b), ERR_OK);
		free(part);
	}
	free(bytes);
}

static void test_settled(void **state)
{
	struct batch *b = batch(2);
	struct ulid one = {{1}}, two = {{2}}, three = {{3}};

	(void)state;
	batch_open(&b->events[0]);
	batch_open(&b->events[0]);
	batch_open(&b->events[1]);
	b->expanded = 2;
	batch_settle(&b->events[0], &one);
	assert_false(batch_is_settled(b));
	batch_settle(&b->events[1], &three);
	assert_false(batch_is_settled(b));
	batch_settle(&b->events[0], &two);
	assert_true(batch_is_settled(b));
	batch_unpin(b);
}

static void test_not_settled_before_all_is_matched(void **state)
{
	struct batch *b = batch(2);

	(void)state;
	b->expanded = 1;
	assert_false(batch_is_settled(b));
	b->expanded = 2;
	assert_true(batch_is_settled(b));
	batch_unpin(b);
}

/* What one router marks, the next one finds. */
static void test_mark_round_trip(void **state)
{
	struct batch *b = batch(3), *next = batch(3);
	struct ulid one = {{1}}, two = {{2}}, three = {{3}};
	struct buf frame;

	(void)state;
	batch_open(&b->events[0]);
	batch_open(&b->events[1]);
	batch_open(&b->events[1]);
	batch_open(&b->events[2]);
	b->expanded = 3;
	batch_settle(&b->events[0], &one);
	batch_settle(&b->events[1], &two);
	buf_init(&frame, 4096);
	batch_encode_mark(b, &frame);
	assert_false(b->changed);
	batch_set_mark(next, buf_slice(&frame));
	assert_true(batch_event_was_settled(next, 0));
	assert_false(batch_event_was_settled(next, 1));
	assert_false(batch_event_was_settled(next, 2));
	assert_true(batch_delivery_was_settled(next, &two));
	assert_false(batch_delivery_was_settled(next, &three));
	/* A third router must not lose what the first one knew. */
	buf_reset(&frame);
	batch_encode_mark(next, &frame);
	batch_set_mark(b, buf_slice(&frame));
	assert_true(batch_event_was_settled(b, 0));
	assert_true(batch_delivery_was_settled(b, &two));
	buf_fini(&frame);
	batch_unpin(b);
	batch_unpin(next);
}

/* The first of its deliveries is put aside before there are others. */
static void test_mark_of_the_first(void **state)
{
	struct batch *b = batch(1), *again = batch(1);
	struct ulid one = {{1}}, two = {{2}};
	struct buf mark;

	(void)state;
	batch_open(&b->events[0]);
	batch_open(&b->events[0]);
	batch_settle(&b->events[0], &one);
	batch_open(&b->events[0]);
	batch_close(&b->events[0]);
	b->expanded = 1;
	assert_false(batch_is_settled(b));
	buf_init(&mark, 4096);
	batch_encode_mark(b, &mark);
	batch_set_mark(again, buf_slice(&mark));
	assert_false(batch_event_was_settled(again, 0));
	assert_true(batch_delivery_was_settled(again, &one));
	assert_false(batch_delivery_was_settled(again, &two));
	buf_fini(&mark);
	batch_settle(&b->events[0], &two);
	assert_true(batch_is_settled(b));
	batch_unpin(b);
	batch_unpin(again);
}

static void test_bad_mark_is_no_mark(void **state)
{
	struct batch *b = batch(1);

	(void)state;
	batch_set_mark(b, SLICE_LIT("rubbish"));
	assert_false(batch_event_was_settled(b, 0));
	batch_unpin(b);
}

static void test_event_of_its_own(void **state)
{
	struct batch *b = batch(2), *own;

	(void)state;
	own = batch_of_event(&b->events[1]);
	batch_unpin(b);
	assert_int_equal(own->n_events, 1);
	assert_true(slice_eq_str(own->events[0].name, "emailSend"));
	assert_int_equal(own->seq, 0);
	batch_unpin(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_every_truncation_is_refused),
	    cmocka_unit_test(test_settled),
	    cmocka_unit_test(test_not_settled_before_all_is_matched),
	    cmocka_unit_test(test_mark_round_trip),
	    cmocka_unit_test(test_mark_of_the_first),
	    cmocka_unit_test(test_bad_mark_is_no_mark),
	    cmocka_unit_test(test_event_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
