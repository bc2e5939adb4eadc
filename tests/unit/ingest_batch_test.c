/*
 * ingest_batch_test - what goes into one log entry, and who is told what.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/mem.h"
#include "batch.h"

#define NOW_MS 1795421805000

static struct publication *publication(size_t n, bool held)
{
	struct publication *p = xcalloc(1, sizeof(*p) + n * sizeof(p->ids[0]));

	p->n = n;
	p->parts_left = 1;
	p->held = held;
	return p;
}

static void add(struct batch *b, struct publication *p, size_t i,
		const char *key)
{
	struct msg_event e = {
	    .project = SLICE_LIT("acme"),
	    .name = SLICE_LIT("e"),
	    .body = SLICE_LIT("{}"),
	};

	p->ids[i] = ulid_new(NOW_MS);
	batch_add(b, p, i, &e, slice_of(key));
}

/* The ids of the entry's events, in order. */
static size_t entry(struct batch *b, struct ulid *ids)
{
	struct slice in = batch_frame(b);
	struct msg_head head;
	struct msg_event e;

	assert_int_equal(msg_decode_head(&in, &head, 100), ERR_OK);
	assert_int_equal(head.type, MSG_event);
	assert_int_equal(head.partition, 5);
	assert_int_equal(head.seq, 0);
	for (size_t i = 0; i < head.count; i++) {
		assert_int_equal(msg_decode_event(&in, &e), ERR_OK);
		assert_int_equal(ulid_from_slice(e.id, &ids[i]), ERR_OK);
	}
	assert_int_equal(in.n, 0);
	assert_int_equal(batch_live(b), head.count);
	return (size_t)head.count;
}

static void count(void *arg, struct publication *p)
{
	(void)p;
	++*(int *)arg;
}

static void test_plain(void **state)
{
	struct batch *b = batch_new(5);
	struct publication *p = publication(2, false);
	struct publication *q = publication(1, false);
	struct ulid ids[3];
	int finished = 0;

	(void)state;
	add(b, p, 0, "");
	add(b, p, 1, "");
	add(b, q, 0, "");
	assert_int_equal(entry(b, ids), 3);
	assert_int_equal(batch_keys(b), 0);
	assert_true(ulid_eq(&ids[0], &p->ids[0]));
	assert_true(ulid_eq(&ids[2], &q->ids[0]));
	batch_confirm(b, count, &finished);
	assert_int_equal(finished, 2);
	assert_int_equal(p->duplicates, 0);
	batch_free(&b);
	free(p);
	free(q);
}

static void test_repeats_within(void **state)
{
	struct batch *b = batch_new(5);
	struct publication *p = publication(3, false);
	struct publication *q = publication(1, false);
	struct ulid ids[4];
	int finished = 0;

	(void)state;
	add(b, p, 0, "k");
	add(b, p, 1, "l");
	add(b, p, 2, "k");
	add(b, q, 0, "k");
	assert_int_equal(entry(b, ids), 2);
	assert_int_equal(batch_keys(b), 2);
	batch_confirm(b, count, &finished);
	assert_int_equal(finished, 2);
	assert_int_equal(p->duplicates, 1);
	assert_int_equal(q->duplicates, 1);
	assert_true(ulid_eq(&p->ids[2], &p->ids[0]));
	assert_true(ulid_eq(&q->ids[0], &p->ids[0]));
	assert_false(ulid_eq(&p->ids[1], &p->ids[0]));
	batch_free(&b);
	free(p);
	free(q);
}

/* Redis knows a key: its event is left out, and so is what repeats it. */
static void test_taken(void **state)
{
	struct batch *b = batch_new(5);
	struct publication *p = publication(3, false);
	struct ulid ids[3], first = ulid_new(NOW_MS);
	struct slice key, id;
	int finished = 0;

	(void)state;
	add(b, p, 0, "k");
	add(b, p, 1, "l");
	add(b, p, 2, "k");
	assert_int_equal(entry(b, ids), 2);
	batch_key_at(b, 0, &key, &id);
	assert_true(slice_eq_str(key, "k"));
	assert_int_equal(id.n, 16);
	batch_taken(b, 0, &first);
	assert_int_equal(entry(b, ids), 1);
	assert_true(ulid_eq(&ids[0], &p->ids[1]));
	batch_confirm(b, count, &finished);
	assert_int_equal(p->duplicates, 2);
	assert_true(ulid_eq(&p->ids[0], &first));
	assert_true(ulid_eq(&p->ids[2], &first));
	batch_free(&b);
	free(p);
}

/* What was a repeat of a refused event becomes an event of its own. */
static void test_refuse(void **state)
{
	struct batch *b = batch_new(5);
	struct publication *p = publication(2, false);
	struct publication *q = publication(1, true);
	struct ulid ids[3];
	int refused = 0, finished = 0;

	(void)state;
	add(b, p, 0, "k");
	add(b, p, 1, "");
	add(b, q, 0, "k");
	assert_int_equal(entry(b, ids), 2);
	assert_false(batch_refuse(b, false, count, &refused));
	assert_int_equal(refused, 1);
	assert_int_equal(entry(b, ids), 1);
	assert_true(ulid_eq(&ids[0], &q->ids[0]));
	batch_confirm(b, count, &finished);
	assert_int_equal(finished, 1);
	assert_int_equal(q->duplicates, 0);
	batch_free(&b);
	free(p);
	free(q);
}

static void test_refuse_all(void **state)
{
	struct batch *b = batch_new(5);
	struct publication *p = publication(1, false);
	struct publication *q = publication(1, true);
	int refused = 0;

	(void)state;
	add(b, p, 0, "");
	add(b, q, 0, "");
	assert_true(batch_refuse(b, true, count, &refused));
	assert_int_equal(refused, 2);
	batch_free(&b);
	free(p);
	free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_repeats_within),
	    cmocka_unit_test(test_taken),
	    cmocka_unit_test(test_refuse),
	    cmocka_unit_test(test_refuse_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
