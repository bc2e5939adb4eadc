/*
 * table_test - the table against a naive model, and its maximum.
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

#include "base/rng.h"
#include "base/table.h"

#define KEYS 500

/* The model: one place for each key there is. */
static void *model[KEYS];

static size_t model_count(void)
{
	size_t n = 0;

	for (int i = 0; i < KEYS; i++)
		n += model[i] != NULL;
	return n;
}

static struct slice key_of(char out[16], int i)
{
	snprintf(out, 16, "key-%d", i);
	return slice_of(out);
}

static void compare(const struct table *t)
{
	size_t pos = 0, n = 0;
	struct slice key;
	void *value;
	char text[16];

	assert_int_equal(table_count(t), model_count());
	for (int i = 0; i < KEYS; i++)
		assert_ptr_equal(table_find(t, key_of(text, i)), model[i]);
	while (table_next(t, &pos, &key, &value)) {
		int i = (int)((char *)value - (char *)model) % KEYS;

		assert_true(slice_eq(key, key_of(text, i)));
		n++;
	}
	assert_int_equal(n, model_count());
}

/* Values that tell their key: any two of one key differ by KEYS bytes. */
static void *value_of(int i, uint64_t version)
{
	return (char *)model + i + KEYS * (version % 3);
}

static void it_behaves_like_the_model(void **state)
{
	struct table *t = table_new(KEYS);
	char text[16];

	(void)state;
	memset(model, 0, sizeof(model));
	for (int step = 0; step < 200000; step++) {
		/* Waves, so that it fills, empties and rebuilds. */
		bool filling = step / 5000 % 2 == 0;
		int i = (int)(rng_u64() % KEYS);
		struct slice key = key_of(text, i);

		if (rng_u64() % 4 == (filling ? 0 : 1)) {
			assert_ptr_equal(table_delete(t, key), model[i]);
			model[i] = NULL;
		} else if (filling || rng_u64() % 8 == 0) {
			model[i] = value_of(i, rng_u64());
			assert_int_equal(table_put(t, key, model[i]), ERR_OK);
		} else {
			assert_ptr_equal(table_delete(t, key), model[i]);
			model[i] = NULL;
		}
		if (step % 997 == 0)
			compare(t);
	}
	compare(t);
	table_free(&t);
	assert_null(t);
	table_free(&t);
}

static void the_maximum_holds(void **state)
{
	struct table *t = table_new(2);
	int x;

	(void)state;
	assert_int_equal(table_put(t, SLICE_LIT("a"), &x), ERR_OK);
	assert_int_equal(table_put(t, SLICE_LIT("b"), &x), ERR_OK);
	assert_int_equal(table_put(t, SLICE_LIT("c"), &x), ERR_FULL);
	assert_int_equal(table_put(t, SLICE_LIT("a"), t), ERR_OK);
	assert_ptr_equal(table_find(t, SLICE_LIT("a")), t);
	assert_null(table_find(t, SLICE_LIT("c")));
	assert_ptr_equal(table_delete(t, SLICE_LIT("b")), &x);
	assert_int_equal(table_put(t, SLICE_LIT("c"), &x), ERR_OK);
	table_free(&t);
	t = table_new(0);
	assert_int_equal(table_put(t, SLICE_LIT("a"), &x), ERR_FULL);
	assert_null(table_find(t, SLICE_LIT("a")));
	assert_null(table_delete(t, SLICE_LIT("a")));
	table_free(&t);
}

static void keys_are_bytes(void **state)
{
	struct table *t = table_new(10);
	int x, y;

	(void)state;
	assert_int_equal(table_put(t, (struct slice){NULL, 0}, &x), ERR_OK);
	assert_int_equal(table_put(t, SLICE_LIT("a\0b"), &y), ERR_OK);
	assert_ptr_equal(table_find(t, SLICE_LIT("")), &x);
	assert_ptr_equal(table_find(t, SLICE_LIT("a\0b")), &y);
	assert_null(table_find(t, SLICE_LIT("a")));
	table_free(&t);
}

static void an_iteration_may_delete_where_it_stands(void **state)
{
	struct table *t = table_new(KEYS);
	size_t pos = 0, seen = 0;
	struct slice key;
	void *value;
	char text[16];

	(void)state;
	for (int i = 0; i < KEYS; i++)
		assert_int_equal(table_put(t, key_of(text, i), &model[i]),
				 ERR_OK);
	while (table_next(t, &pos, &key, &value)) {
		if (seen++ % 2 == 0)
			assert_ptr_equal(table_delete(t, key), value);
	}
	assert_int_equal(seen, KEYS);
	assert_int_equal(table_count(t), KEYS / 2);
	pos = 0;
	while (table_next(t, &pos, &key, &value))
		table_delete(t, key);
	assert_int_equal(table_count(t), 0);
	pos = 0;
	assert_false(table_next(t, &pos, NULL, &value));
	table_free(&t);
}

static void it_shrinks_after_a_burst(void **state)
{
	enum { BURST = 20000 };
	struct table *t = table_new(BURST);
	char text[16];
	size_t pos = 0;
	void *value;

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < BURST; i++)
			assert_int_equal(table_put(t, key_of(text, i), text),
					 ERR_OK);
		for (int i = 1; i < BURST; i++)
			assert_ptr_equal(table_delete(t, key_of(text, i)),
					 text);
		assert_int_equal(table_put(t, key_of(text, 1), text), ERR_OK);
		assert_ptr_equal(table_find(t, key_of(text, 0)), text);
		assert_int_equal(table_count(t), 2);
		table_delete(t, key_of(text, 0));
		table_delete(t, key_of(text, 1));
		assert_false(table_next(t, &pos, NULL, &value));
	}
	table_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_behaves_like_the_model),
	    cmocka_unit_test(the_maximum_holds),
	    cmocka_unit_test(keys_are_bytes),
	    cmocka_unit_test(it_shrinks_after_a_burst),
	    cmocka_unit_test(an_iteration_may_delete_where_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
