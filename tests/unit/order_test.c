/*
 * order_test - the lines of a lane against a naive model, and chained keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lane.h"
#include "order.h"

#define KEYS 5
#define STEPS 20000

/* What stands in each key's line, in order. */
struct line {
	struct delivery *in[STEPS];
	size_t n;
};

static struct delivery *new_delivery(uint64_t place)
{
	struct delivery *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	list_init(&d->node);
	list_init(&d->aged);
	d->order = place;
	return d;
}

static void check(const struct order *o, const struct line *lines)
{
	size_t behind = 0;

	for (uint64_t k = 0; k < KEYS; k++) {
		if (lines[k].n == 0)
			continue;
		assert_ptr_equal(lines[k].in[0]->key->head, lines[k].in[0]);
		assert_int_equal(lines[k].in[0]->key->hash, k);
		assert_ptr_equal(order_behind(lines[k].in[0]->key),
				 lines[k].n > 1 ? lines[k].in[1] : NULL);
		behind += lines[k].n - 1;
	}
	assert_int_equal(o->n_behind, behind);
}

static void leave(struct order *o, struct line *line, size_t i)
{
	struct delivery *d = line->in[i];
	struct delivery *next = order_leave(o, d);

	memmove(&line->in[i], &line->in[i + 1],
		(line->n - i - 1) * sizeof(line->in[0]));
	line->n--;
	assert_ptr_equal(next, i == 0 && line->n > 0 ? line->in[0] : NULL);
	free(d);
}

static void test_lines(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct line *lines = calloc(KEYS, sizeof(*lines));
	struct order *o = order_new();

	(void)state;
	printf("seed %u\n", seed);
	for (uint64_t step = 0; step < STEPS; step++) {
		uint64_t k = (uint64_t)rand_r(&seed) % KEYS;
		struct line *line = &lines[k];

		if (rand_r(&seed) % 2) {
			struct delivery *d = new_delivery(step);

			assert_int_equal(
			    order_join(o, order_key(o, k), d, step),
			    line->n == 0);
			line->in[line->n++] = d;
		} else if (line->n > 0) {
			leave(o, line, (size_t)rand_r(&seed) % line->n);
		}
		check(o, lines);
	}
	for (size_t k = 0; k < KEYS; k++)
		while (lines[k].n > 0)
			leave(o, &lines[k], 0);
	assert_int_equal(table_count(o->keys), 0);
	assert_null(order_oldest(o));
	order_free(&o);
	free(lines);
}

static void test_oldest(void **state)
{
	struct order *o = order_new();
	struct delivery *d[4];

	(void)state;
	for (uint64_t i = 0; i < 4; i++) {
		d[i] = new_delivery(i);
		order_join(o, order_key(o, i % 2), d[i], 100 + i);
	}
	assert_ptr_equal(order_oldest(o), d[2]);
	assert_ptr_equal(order_leave(o, d[0]), d[2]);
	assert_ptr_equal(order_oldest(o), d[3]);
	for (uint64_t i = 1; i < 4; i++)
		(void)order_leave(o, d[i]);
	for (size_t i = 0; i < 4; i++)
		free(d[i]);
	order_free(&o);
}

/* A key is remembered for as long as Redis has something of it. */
static void test_chained(void **state)
{
	struct order *o = order_new();
	struct delivery *d = new_delivery(1);
	struct order_key *key = order_key(o, 7);

	(void)state;
	order_join(o, key, d, 0);
	assert_false(order_is_chained(o, key));
	order_chain(o, key, 3);
	assert_int_equal(o->chained_in, 3);
	(void)order_leave(o, d);
	assert_true(order_is_chained(o, order_key(o, 7)));
	order_join(o, order_key(o, 7), d, 0);
	order_unchain(o, d->key);
	assert_false(order_is_chained(o, d->key));
	(void)order_leave(o, d);
	assert_int_equal(table_count(o->keys), 0);
	free(d);
	order_free(&o);
}

/* Past the maximum all keys count as chained, until Redis has none. */
static void test_too_many_to_remember(void **state)
{
	struct order *o = order_new();
	struct delivery *d = new_delivery(1);

	(void)state;
	for (uint64_t k = 0; k <= ORDER_IDLE_MAX; k++) {
		assert_false(o->all);
		order_join(o, order_key(o, k), d, 0);
		order_chain(o, d->key, 1);
		(void)order_leave(o, d);
	}
	assert_true(o->all);
	assert_int_equal(table_count(o->keys), 0);
	order_join(o, order_key(o, 1), d, 0);
	assert_true(order_is_chained(o, d->key));
	order_unchain_all(o);
	assert_false(order_is_chained(o, d->key));
	(void)order_leave(o, d);
	free(d);
	order_free(&o);
}

/* Members of a chain sort by the log, within their key. */
static void test_place(void **state)
{
	struct order *o = order_new();
	struct delivery *a = new_delivery(255), *b = new_delivery(256);
	char pa[ORDER_PLACE_BYTES], pb[ORDER_PLACE_BYTES];
	uint64_t hash, order;

	(void)state;
	order_join(o, order_key(o, 9), a, 0);
	order_join(o, order_key(o, 9), b, 0);
	order_place(a, pa);
	order_place(b, pb);
	assert_true(memcmp(pa, pb, sizeof(pa)) < 0);
	assert_true(
	    order_place_read(slice_bytes(pb, sizeof(pb)), &hash, &order));
	assert_int_equal(hash, 9);
	assert_int_equal(order, 256);
	assert_false(order_place_read(slice_bytes(pb, 15), &hash, &order));
	(void)order_leave(o, a);
	(void)order_leave(o, b);
	free(a);
	free(b);
	order_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_oldest),
	    cmocka_unit_test(test_chained),
	    cmocka_unit_test(test_too_many_to_remember),
	    cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
